"""What stands in a cell comes back as it was, and no spreadsheet computes it."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moving.cells import guarded, joined, parted, unguarded
from storage.catalogue import clean_labels
from storage.errors import InvalidFieldError

TEXTS = st.text(alphabet=st.one_of(st.sampled_from("'=+-@\t\r\n＝,\"; a"), st.characters(codec="utf-8")))


@given(TEXTS)
@example("=1+1")
@example("'=1+1")
@example("''@x")
@example("'quoted'")
@example("")
def test_a_guard_can_be_taken_away_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("text", ["plain", "'s Gravenhage", "a=1", "", "'"])
def test_what_no_spreadsheet_computes_is_left_alone(text: str) -> None:
    assert guarded(text) == text


@given(st.lists(TEXTS, max_size=8))
@example(["tls, certs", 'the "big" one', "'=x"])
def test_labels_come_back_whatever_is_in_them(names: list[str]) -> None:
    try:
        labels = clean_labels(names)
    except InvalidFieldError:
        return
    file = io.StringIO(newline="")
    csv.writer(file).writerow([guarded(joined(labels))])
    ((cell,),) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert parted(unguarded(cell)) == labels


def test_labels_can_be_typed_with_spaces_after_the_commas() -> None:
    assert parted('bug, tls, "a, b"') == ("bug", "tls", "a, b")
    assert parted("  ") == ()
    with pytest.raises(ValueError, match="quotation mark"):
        parted('bug, "tls')

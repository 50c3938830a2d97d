"""The vocabulary: what people typed is shown as they typed it, and every limit holds when it is crossed."""

import re
from typing import Any

import pytest

from tests.views.judges import errors
from views import blocks
from views.blocks import (
    actions,
    button,
    clean,
    context,
    escape,
    fitting,
    input_block,
    link,
    literal,
    mention,
    message,
    modal,
    mrkdwn,
    option,
    overflow,
    plain,
    plain_section,
    section,
    static_select,
    text_input,
    truncate,
)


def message_of(*shown: dict[str, Any]) -> dict[str, Any]:
    return message("text", *shown)


def test_escaping_touches_the_three_characters_slack_reads_and_each_once() -> None:
    assert escape("<!channel> & &lt;") == "&lt;!channel&gt; &amp; &amp;lt;"


def test_ordinary_text_is_left_as_it_is() -> None:
    for text in ("Rotate the certs", "snake_case names: 100% (really) #1", "it's @here"):
        assert literal(text) == text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<!channel> & <@U1> *x*", "&lt;!channel&gt; &amp; &lt;@U1&gt; ∗x∗"),
        ("*x* _y_ ~z~ `c`", "∗x∗ ˍyˍ ∼z∼ ˋcˋ"),
        ("renew *.example.com", "renew ∗.example.com"),
        ("__init__ and snake_case & more", "ˍˍinitˍˍ and snake_case &amp; more"),
        ("first\nsecond\r\n\tthird\u2028fourth", "first second third fourth"),
        ("  much   space  ", "much space"),
        ("\x00null\x1b", "null"),
        ("evil \u202emoc.live\u202c", "evil moc.live"),
        ("שלום", "\u2068שלום\u2069"),
        ("שלום\u2069\u202e", "\u2068שלום\u2069"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 3),
        ("", "–"),
        ("\u200b\u202e\ufeff", "–"),
    ],
)
def test_typed_text_is_shown_literally_on_one_line(typed: str, shown: str) -> None:
    assert literal(typed) == shown


def test_a_title_in_bold_can_not_leave_its_bold() -> None:
    for typed in ("*", "a* b", "*x*", "`", "~x~ *"):
        assert re.fullmatch(r"\*[^*`~]+\*", f"*{literal(typed)}*")


def test_families_and_flags_keep_their_joined_emoji() -> None:
    assert clean("👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿") == "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿"


def test_truncating_ends_in_an_ellipsis_within_the_limit() -> None:
    assert truncate("abcdef", 6) == "abcdef"
    assert truncate("abc def", 5) == "abc…"
    assert len(truncate("x" * 99, 10)) == 10
    assert len(literal("ש" * 99, 10)) == 10


def test_truncating_never_cuts_an_entity() -> None:
    for limit in range(2, 20):
        assert re.fullmatch(r"(&amp;|&lt;|&gt;)*…?", literal("&<>" * 50, limit))


def test_parts_that_do_not_fit_are_left_out_whole() -> None:
    assert fitting(["aaa", "bbb", "c"], " · ", 12) == ["aaa", "bbb"]
    assert len(" · ".join(fitting(["x" * 100] * 100, " · "))) <= blocks.SECTION_LIMIT


def test_a_line_of_typed_text_is_never_a_quote() -> None:
    assert mrkdwn(literal("> 5% errors"))["text"] == "\u2060&gt; 5% errors"
    assert mrkdwn(f"*{literal('> 5% errors')}*")["text"] == "*&gt; 5% errors*"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "", "https://x y", "https://x\n", "ftp://x", "https://x/" + "&" * 999]
)
def test_only_an_http_address_of_sensible_length_is_a_link(url: str) -> None:
    assert link(url, "ENG-123") == "ENG-123"


def test_an_address_can_not_leave_its_link() -> None:
    assert link("https://x.example/?a=1&b=<|>", "ENG-1") == "<https://x.example/?a=1&amp;b=%3C%7C%3E|ENG-1>"


def test_a_user_id_that_is_none_is_not_a_mention() -> None:
    assert mention("U01", "Maya") == "<@U01>"
    assert mention("U1> <!here", "Maya") == "Maya"
    assert mention("", "<!here>") == "&lt;!here&gt;"


LONG = "x" * 5000
CROSSED = {
    "VIEW_WORD_LIMIT": modal(LONG, [section("x")], callback_id="x", close=LONG, submit=LONG),
    "TITLE_LIMIT": message_of(section(f"*{literal(LONG)}*")),
    "NAME_LIMIT": message_of(context(mention("", LONG))),
    "SECTION_LIMIT": message_of(plain_section(LONG)),
    "LABEL_TEXT_LIMIT": modal(
        "x",
        [input_block(LONG, "x", text_input("x", "x"), hint=LONG)],
        callback_id="x",
        close="x",
        submit="x",
    ),
    "INPUT_LENGTH_LIMIT": modal(
        "x", [input_block("x", "x", text_input("x", LONG))], callback_id="x", close="x", submit="x"
    ),
    "BUTTON_TEXT_LIMIT": message_of(actions(button(LONG, "x"))),
    "OPTION_TEXT_LIMIT": message_of(actions(overflow("x", [option(LONG, "x")]))),
    "OPTION_VALUE_LIMIT": message_of(actions(static_select("x", [option("x", LONG)], None))),
    "LINK_LIMIT": message_of(context(link("https://x.example/" + LONG, "x"))),
}


@pytest.mark.parametrize("limit", CROSSED)
def test_text_past_a_limit_is_brought_within_it(limit: str) -> None:
    assert hasattr(blocks, limit)
    assert errors(CROSSED[limit]) == []


def test_plain_text_of_nothing_still_says_something() -> None:
    assert plain(" \n ")["text"] == "–"
    assert plain_section(" \n ")["text"]["text"] == "–"


def test_typed_mentions_stay_text() -> None:
    assert section("@here")["text"]["verbatim"] is True
    assert context("#general")["elements"][0]["verbatim"] is True

"""Words that a follow-up has to contain, anywhere in its title, description or labels, whatever their case.

SQLite keeps `follow_up_search`, which numbers follow-ups, and `follow_up_trigrams`, an FTS5 index by these
numbers; PostgreSQL has an index on the function `follow_up_trigrams`. Neither is among the models.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    true,
)
from sqlmodel import col

from storage.models import FollowUp
from storage.text import searchable

# More conditions than these narrow nothing; beyond a thousand SQLite refuses the query.
WORDS = 50
# What no model has: an index of expressions, and the tables of FTS5.
OWN = ("follow_up_search", "follow_up_trigrams", "ix_follow_up_trigrams")
# What the indexes are made of: with less there is nothing to look up.
TRIGRAM = 3

_numbered = table("follow_up_search", column("number"), column("follow_up_id"))
_trigrams = table("follow_up_trigrams", column("rowid"), column("follow_up_trigrams"))


def words_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(searchable(text).split()))


def containing(text: str) -> ColumnElement[bool]:
    words = words_of(text)[:WORDS]
    conditions = [col(FollowUp.search_text).contains(word, autoescape=True) for word in words]
    return and_(true(), *conditions)


@dataclass(frozen=True, slots=True)
class Hits:
    """`ids` of follow-ups among which are all that contain the words; `counted` has a row for each too."""

    ids: Any
    counted: Any


def found_by_index(text: str, *, is_sqlite: bool) -> Hits | None:
    """None where no word is long enough."""
    words = [word for word in words_of(text)[:WORDS] if len(word) >= TRIGRAM]
    if not words:
        return None
    return _in_sqlite(words) if is_sqlite else _in_postgresql(words)


def _in_sqlite(words: list[str]) -> Hits:
    all_of = " ".join('"' + trigram.replace('"', '""') + '"' for trigram in _trigrams_of(words))
    hits = select(_trigrams.c.rowid).where(_trigrams.c.follow_up_trigrams.op("MATCH")(all_of))
    return Hits(select(_numbered.c.follow_up_id.label("id")).where(_numbered.c.number.in_(hits)), hits)


def _in_postgresql(words: list[str]) -> Hits:
    kept = func.follow_up_trigrams(col(FollowUp.search_text), type_=ARRAY(Text))
    all_of: Any = literal(_trigrams_of(words), ARRAY(Text)).op("COLLATE")(
        literal_column('"C"')
    )  # the index's
    hits: Any = select(col(FollowUp.id).label("id")).where(kept.op("@>", is_comparison=True)(all_of))
    # PostgreSQL would else go by a guess of how few rows it has to read before the page is full.
    found = hits.cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    return Hits(select(found.c.id), select(found.c.id))


def _trigrams_of(words: list[str]) -> list[str]:
    """Every letter is in one. The words themselves are looked for in what these find."""
    starts = ((word, at) for word in words for at in (*range(0, len(word) - 2, TRIGRAM), len(word) - TRIGRAM))
    return list(dict.fromkeys(word[at : at + TRIGRAM] for word, at in starts))

"""Text that people typed, made fit to keep."""

import unicodedata

# Letters and symbols without ink: Hangul fillers and the empty Braille cell.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Controls and halves of surrogate pairs, which no database or terminal can hold.
UNSTORABLE = frozenset({"Cc", "Cs"})
INVISIBLE = UNSTORABLE | {"Cf", "Mn", "Mc", "Me", "Zs", "Zl", "Zp"}


def storable(text: str, kept: str = "") -> str:
    """Composed, so that the same words are the same characters, and without what can't be stored."""
    stored = "".join(char for char in text if char in kept or unicodedata.category(char) not in UNSTORABLE)
    return unicodedata.normalize("NFC", stored)


def one_line(text: str) -> str:
    return " ".join(storable(text, kept="\n\t\r").split())


def is_blank(text: str) -> bool:
    """Whether nobody would see it: spaces, zero-width characters, accents on nothing."""
    return all(char in BLANKS or unicodedata.category(char) in INVISIBLE for char in text)


def searchable(text: str) -> str:
    """As search compares it, whatever its case."""
    return storable(text, kept="\n\t").casefold()

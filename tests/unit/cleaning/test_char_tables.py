import numpy as np
import pytest

from alignment.cleaning.char_tables import (
    DEPENDS,
    LETTER,
    MAY_CHANGE,
    NOT_ONE_CHAR,
    TABLE_SIZE,
    WORD_CHAR,
    char_tables,
    gather,
)


@pytest.mark.parametrize(
    ("char", "flags", "folded"),
    [
        ("a", LETTER | WORD_CHAR, ord("a")),
        ("A", LETTER | WORD_CHAR, ord("a")),
        ("5", WORD_CHAR, ord("5")),
        ("１", WORD_CHAR, ord("1")),
        ("!", 0, 0),
        (" ", 0, 0),
        ("日", LETTER | WORD_CHAR, ord("日")),
        ("ß", LETTER | WORD_CHAR, NOT_ONE_CHAR),  # folds to ss
        ("\u0301", WORD_CHAR | DEPENDS, NOT_ONE_CHAR),  # joins the letter before it
        ("\u1161", LETTER | WORD_CHAR | DEPENDS, NOT_ONE_CHAR),  # a Hangul vowel does too
        ("&", DEPENDS, 0),  # may begin an escape
        ("\u200b", MAY_CHANGE, 0),
        ("\u00a0", MAY_CHANGE, 0),
    ],
)
def test_entries(char: str, flags: int, folded: int) -> None:
    tables = char_tables()
    assert tables.flags[ord(char)] == flags
    assert tables.folded[ord(char)] == folded


def test_gather_past_the_table() -> None:
    points = np.array([ord("a"), TABLE_SIZE, TABLE_SIZE + 5], dtype=np.uint32)
    entries = gather(char_tables().flags, points, beyond=7)
    assert entries.tolist() == [LETTER | WORD_CHAR, 7, 7]

"""Laws of cleaning that hold for any text."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.cleaning import broken, broken_columns, columns, number_columns, numbers
from alignment.cleaning.batch import Batch, Context
from alignment.cleaning.char_tables import char_tables
from alignment.cleaning.clean import CleanRules, clean, suite_rows
from alignment.cleaning.columns import Ints
from alignment.cleaning.contamination import SHINGLE, SuiteIndex
from alignment.cleaning.ledger import Ledger
from alignment.cleaning.marks import marks, unmatched_share
from alignment.cleaning.normalize import comparable, fingerprint, normalize
from alignment.cleaning.runs import longest_char_run, longest_word_run
from alignment.cleaning.scores import edit_similarity, edit_similarity_above, max_edit_similarity
from alignment.cleaning.seen import SeenHashes
from alignment.cleaning.split import held_out
from alignment.config import Clean

char_tables()  # built once per process, outside of the time that an example may take

Row = dict[str, str]
WORDS = st.sampled_from(
    [
        "save",
        "the",
        "page",
        "Sivu",
        "É",
        "…",
        "%(n)s",
        "<b>",
        "日本",
        "a\u0301",
        " ",
        "\u200b",
        "&amp;",
        "&amp;amp;",
        "& quot ;",
        "&",
        "R&D",
        '"&lt;"',
        "@-@",
        "#39;",
        "\x85",
        "\x92",
    ]
)
TEXT = st.lists(WORDS, max_size=6).map(" ".join) | st.text(max_size=20)
ROWS = st.lists(st.fixed_dictionaries({"source": TEXT, "target": TEXT}), max_size=25)
SCHEMA = pa.schema([("source", pa.string()), ("target", pa.string())])
LIMITS = Clean(min_words=1, max_same_target=2, near_duplicates=0.8)
NOTHING = np.zeros(0, dtype=np.int64)


def in_batches(rows: list[Row], size: int) -> list[pa.RecordBatch]:
    starts = range(0, len(rows), size)
    return [pa.RecordBatch.from_pylist(rows[start : start + size], SCHEMA) for start in starts]


def listed(batches: Iterable[pa.RecordBatch]) -> list[Row]:
    rows: list[Row] = []
    for batch in batches:
        rows += batch.to_pylist()
    return rows


def cleaned(
    rows: list[Row],
    *,
    size: int,
    share: float,
    seed: int,
    blocked: Ints = NOTHING,
    ledger: Ledger | None = None,
) -> list[Row]:
    rules = CleanRules(LIMITS, Context(), held_out_share=share, seed=seed, blocked=blocked)
    return listed(clean(in_batches(rows, size), rules, ledger or Ledger()))


def sides(rows: list[Row]) -> set[str]:
    """Comparable forms of all texts that have one."""
    forms = {comparable(row["source"]) for row in rows}
    forms |= {comparable(row["target"]) for row in rows}
    return forms - {""}


@given(TEXT | st.text(max_size=60) | st.text("&amp;quot#39lg @-\u200b", max_size=30))
def test_normal_forms_are_idempotent(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)
    assert comparable(comparable(text)) == comparable(text)
    if "\u00ad" not in text and "\u200b" not in text and not set(text) & set("&@"):
        assert comparable(normalize(text)) == comparable(text)


BROKEN = st.sampled_from(
    [
        "Ã¤",
        "Ã",
        "Â",
        "\ufffd",
        "Ð¾",
        "Рѕ",
        "СЃ",
        "вЂ™",
        "â€™",
        "é",
        "É",
        "ñ",
        "ó",
        "ß",
        "“",
        "”",
        "…",
        "×",
        "a",
        "b",
        "Б",
        "л",
        "оПХБЕР",
        "ДЕКЮ",
        "Ё",
        "¿",
        "¶",
        "?",
        "??",
        " ",
        "п÷",
        "╨Я",
        "縺",
        "ƒ",
        "√",
        "日",
    ]
)
BROKEN_TEXT = st.lists(BROKEN | st.characters(), max_size=12).map("".join).map(normalize)


@settings(deadline=None)
@given(
    st.lists(BROKEN_TEXT | st.lists(BROKEN, max_size=8).map(" ".join).map(normalize), max_size=5)
)
def test_broken_rows_are_suspicious(rows: list[str]) -> None:
    """The test by column finds all that the plain functions find."""
    texts = columns.from_strings(rows)
    suspicious = broken_columns.suspicious(texts).tolist()
    for row, is_suspicious in zip(rows, suspicious, strict=True):
        assert is_suspicious or (broken.broken_share(row) == 0 and broken.apart_share(row) == 0)
    backwards = rows[::-1]
    expected = [broken.pair_share(a, b) for a, b in zip(rows, backwards, strict=True)]
    assert broken_columns.shares(texts, columns.from_strings(backwards)).tolist() == expected


NUMBERS = st.sampled_from(
    [
        "1",
        "12",
        "2024",
        "1,234",
        "3.5",
        "٣",
        "१२",
        "二十",
        "XIV",
        "½",
        "twelve",
        "million",
        "pm",
        "%",
        "/",
        "%1$s",
        "{0}",
        "&#39;",
        "zwei",
        "dozen",
        "century",
        "s",
        "万",
        "፻",
        ".",
    ]
)
NUMBER_TEXT = st.lists(NUMBERS, max_size=6).map(" ".join) | st.text(max_size=15)


@settings(deadline=None)
@given(NUMBER_TEXT, NUMBER_TEXT, st.sampled_from(["de", "th", "zh", "xx", "fa", "he"]))
def test_numbers_are_compared_in_two_steps(source: str, target: str, language: str) -> None:
    """The digits by column are an upper bound, and are not asked again where they agree."""
    sides = (columns.from_strings([source]), columns.from_strings([target]))
    bound = number_columns.unmatched_digits(*sides)
    plain = numbers.unmatched_share(source, target, "en", language)
    score = number_columns.unmatched(*sides, "en", language)
    assert score.tolist() == [min(plain, bound[0])]
    assert 0 <= plain < 1
    assert numbers.unmatched_share(source, source, "en", "en") == 0


@given(st.text("%{}<>&;$#()dsx1a: ,/htps@!|", max_size=24))
def test_a_text_has_the_marks_of_itself(text: str) -> None:
    assert unmatched_share(marks(text), marks(text)) == 0


@settings(deadline=None)
@given(st.lists(TEXT | st.text(max_size=8), max_size=12))
def test_columns_do_what_the_plain_functions_do(rows: list[str]) -> None:
    texts = columns.from_arrow(pa.array(rows, pa.string()))
    assert texts.strings() == rows
    assert columns.to_arrow(texts).to_pylist() == rows
    assert columns.normalized(texts).strings() == [normalize(row) for row in rows]
    compared = columns.comparables(texts)
    assert compared.strings() == [comparable(row) for row in rows]
    assert columns.fingerprints(compared).tolist() == [fingerprint(row) for row in rows]


@settings(deadline=None)
@given(ROWS, st.floats(0, 0.5), st.integers(0, 5), st.integers(1, 9))
def test_the_ledger_adds_up(rows: list[Row], share: float, seed: int, size: int) -> None:
    ledger = Ledger()
    kept = cleaned(rows, size=size, share=share, seed=seed, ledger=ledger)
    report = ledger.report()
    assert report.seen == len(rows)
    assert report.kept == len(kept)


@settings(deadline=None)
@given(ROWS, st.floats(0, 0.5), st.integers(0, 5), st.integers(1, 9))
def test_cleaning_twice_changes_nothing(
    rows: list[Row], share: float, seed: int, size: int
) -> None:
    kept = cleaned(rows, size=size, share=share, seed=seed)
    assert cleaned(kept, size=size, share=share, seed=seed) == kept


@settings(deadline=None)
@given(ROWS, st.floats(0, 0.5), st.integers(0, 5), st.integers(1, 9))
def test_batch_sizes_do_not_matter(rows: list[Row], share: float, seed: int, size: int) -> None:
    kept = cleaned(rows, size=size, share=share, seed=seed)
    assert cleaned(rows, size=25, share=share, seed=seed) == kept


@settings(deadline=None)
@given(ROWS, st.integers(0, 5))
def test_no_text_is_on_both_sides_of_the_split(rows: list[Row], seed: int) -> None:
    batches = in_batches(rows, 7)
    suite = listed(suite_rows(batches, LIMITS, Context(), share=0.4, seed=seed))
    blocked = np.array(sorted(map(fingerprint, sides(suite))), dtype=np.int64)
    kept = cleaned(rows, size=7, share=0.4, seed=seed, blocked=blocked)
    assert not sides(suite) & sides(kept)


@given(st.lists(st.lists(st.integers(0, 40), max_size=20), max_size=8), st.integers(1, 30))
def test_seen_hashes_are_a_set(additions: list[list[int]], spill: int) -> None:
    """In memory and on disk."""
    known: set[int] = set()
    with tempfile.TemporaryDirectory() as directory:
        seen = SeenHashes(Path(directory), spill)
        for values in additions:
            expected = []
            for value in values:
                expected.append(value in known)
                known.add(value)
            assert seen.add(np.array(values, dtype=np.int64)).tolist() == expected
        assert len(seen) == len(known)


def leaks(probe: str, sentence: str, overlap: float) -> bool:
    """The definition, sentence by sentence."""
    a = comparable(probe)
    b = comparable(sentence)
    if not a:
        return False
    if a == b:
        return True
    x = {a[i : i + SHINGLE] for i in range(len(a) - SHINGLE + 1)}
    y = {b[i : i + SHINGLE] for i in range(len(b) - SHINGLE + 1)}
    return bool(x | y) and len(x & y) / len(x | y) >= overlap


SENTENCES = st.lists(st.text(alphabet="abcd ", min_size=4, max_size=30), min_size=1, max_size=6)


@settings(deadline=None)
@given(SENTENCES, st.data())
def test_near_leaks_are_those_of_the_definition(suite: list[str], data: st.DataObject) -> None:
    probe = data.draw(st.sampled_from(suite)) + data.draw(st.text(alphabet="abcd", max_size=3))
    index = SuiteIndex(columns.comparables(columns.from_strings(suite)), np.arange(len(suite)), 0.7)
    rows, _ = index.leaks(columns.comparables(columns.from_strings([probe])))
    assert bool(len(rows)) == any(leaks(probe, sentence, 0.7) for sentence in suite)


@given(st.text(min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_the_split_ignores_case_and_grows_with_the_share(text: str, seed: int) -> None:
    hashes = np.array([fingerprint(text), fingerprint(f"  {text} !")])
    small = held_out(hashes, 0.1, seed)
    large = held_out(hashes, 0.3, seed)
    assert large[0] == large[1]
    assert (large | ~small).all()


def longest_run(items: list[str]) -> int:
    """The definition: the longest stretch of equal items."""
    longest = 0
    run = 0
    for place, item in enumerate(items):
        run = run + 1 if place and item == items[place - 1] else 1
        longest = max(longest, run)
    return longest


@given(st.lists(st.lists(st.sampled_from(["a", "b", "ab", "aa"]), max_size=6).map(" ".join)))
def test_runs_are_those_of_the_definition(rows: list[str]) -> None:
    texts = columns.from_strings(rows)
    assert longest_char_run(texts).tolist() == [longest_run(list(row)) for row in rows]
    assert longest_word_run(texts).tolist() == [longest_run(row.split()) for row in rows]


@given(st.text(max_size=12), st.text(max_size=12))
def test_the_bound_of_edit_similarity_holds(source: str, target: str) -> None:
    batch = Batch(columns.from_strings([source]), columns.from_strings([target]))
    exact = edit_similarity(batch, Context())
    assert exact <= max_edit_similarity(batch, Context()) + 1e-12


@given(st.text("abc", max_size=20), st.text("abc", max_size=20), st.integers(0, 20))
def test_a_cutoff_refuses_the_same_pairs(source: str, target: str, edits: int) -> None:
    batch = Batch(columns.from_strings([source]), columns.from_strings([target]))
    (exact,) = edit_similarity(batch, Context())
    # The scores that these pairs can have are the thresholds where rounding would show.
    for threshold in (0.9, exact, 1 - edits / max(len(source), len(target), edits, 1)):
        (above,) = edit_similarity_above(batch, threshold)
        assert above in (0, exact)
        assert (above > threshold) == (exact > threshold)

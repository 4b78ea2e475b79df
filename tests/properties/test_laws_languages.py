"""Laws of matching languages, over the codes of public collections."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment import languages
from alignment.languages import matching
from tests.language_codes import COLLECTIONS

NAMES = sorted(COLLECTIONS)
CODES = sorted(frozenset().union(*COLLECTIONS.values()))

RELATED = {
    "FLORES-200": {("aka_Latn", "twi_Latn")},
    "NTREX-128": {
        ("eng-GB", "eng-IN"),
        ("eng-GB", "eng-US"),
        ("eng-IN", "eng-US"),
        ("fra", "fra-CA"),
        ("por", "por-BR"),
        ("spa", "spa-MX"),
    },
    "Tatoeba": {("chm", "mhr"), ("diq", "zza"), ("dtp", "kzj")},
    "Wikipedia": {
        ("ak", "tw"),
        ("als", "sq"),  # as a wanted code, `als` means what it means in ISO 639-3
        ("be", "be-tarask"),
        ("be-tarask", "be-x-old"),
        ("en", "simple"),
        ("knc", "kr"),
        ("nds", "nds-nl"),
        ("sh", "sr-Latn"),
    },
    "lid.176": {("als", "sq")},
}
"""The only spellings of a collection that may be read for one another."""

SAME_LANGUAGE = [
    {"nb", "no"},
    {"zh", "cmn"},
    {"fa", "pes"},
    {"fa_AF", "prs"},
    {"fil", "tl"},
    {"gom", "kok"},
    {"mo", "ro"},
    {"qu", "quz"},
    {"sr", "srp"},
    {"ak", "tw"},
]


@pytest.mark.parametrize("name", NAMES)
def test_every_code_finds_itself(name: str) -> None:
    offered = COLLECTIONS[name]
    assert [code for code in offered if languages.best_match(code, offered) != code] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_canonical_code_finds_its_spelling(name: str) -> None:
    offered = COLLECTIONS[name]
    for spelling in offered:
        try:
            code = languages.canonical(spelling)
        except ValueError:
            continue
        match = languages.best_match(code, offered)
        assert match is not None
        assert languages.canonical(match) == code, (code, match)


@pytest.mark.parametrize("name", sorted(RELATED))
def test_no_other_language_or_script_matches(name: str) -> None:
    offered = COLLECTIONS[name]
    matches = {(code, languages.best_match(code, offered - {code})) for code in offered}
    pairs = {tuple(sorted((code, match))) for code, match in matches if match is not None}
    assert pairs - RELATED[name] == set()


@pytest.mark.parametrize("name", ["OPUS", "Django"])
def test_a_relative_is_of_the_same_language(name: str) -> None:
    offered = COLLECTIONS[name]
    for code in offered:
        match = languages.best_match(code, offered - {code})
        if match is None or language(match) == language(code):
            continue
        names = [{code, match}, {language(code), match}, {code, language(match)}]
        names.append({language(code), language(match)})
        assert any(pair in SAME_LANGUAGE for pair in names), (code, match)


def language(spelling: str) -> str:
    return spelling.replace("@", "_").partition("_")[0]


@given(st.sampled_from(CODES), st.sets(st.sampled_from(CODES), max_size=30), st.randoms())
def test_the_order_of_the_spellings_does_not_matter(
    wanted: str, offered: set[str], rng: random.Random
) -> None:
    shuffled = sorted(offered)
    rng.shuffle(shuffled)
    matching.candidates.cache_clear()
    first = languages.best_match(wanted, frozenset(sorted(offered)))
    matching.candidates.cache_clear()
    assert languages.best_match(wanted, frozenset(shuffled)) == first


@given(st.sampled_from(CODES), st.sets(st.sampled_from(CODES), max_size=10), st.booleans())
def test_case_and_separators_do_not_matter(wanted: str, offered: set[str], upper: bool) -> None:
    respelled = wanted.upper() if upper else wanted.replace("-", "_").lower()
    others = {code for code in offered if code.lower().replace("_", "-") != plain(wanted)}
    assert languages.best_match(wanted, frozenset({respelled, *others})) == respelled


def plain(code: str) -> str:
    return code.lower().replace("_", "-")


@given(st.sampled_from(CODES), st.sets(st.sampled_from(CODES), max_size=20))
def test_the_best_spelling_is_among_all_spellings(wanted: str, offered: set[str]) -> None:
    best = languages.best_match(wanted, frozenset(offered))
    spellings = languages.spellings_of(wanted, frozenset(offered))
    assert (best in spellings) if best is not None else not spellings


@given(
    st.sampled_from(CODES),
    st.sampled_from(CODES),
    st.sets(st.sampled_from(CODES), min_size=1, max_size=20),
)
def test_a_column_is_shared_out(first: str, second: str, offered: set[str]) -> None:
    """No spelling is read for both of two languages, unless it is as near to either."""
    both = frozenset({first, second})
    values = frozenset(offered)
    shared = languages.spellings_of(first, values, both) & languages.spellings_of(
        second, values, both
    )
    for spelling in shared:
        here = matching.candidates(first, values, both)
        there = matching.candidates(second, values, both)
        ranks = [match[:3] for match in (*here, *there) if match.spelling == spelling]
        assert ranks[0] == ranks[1] or first == second

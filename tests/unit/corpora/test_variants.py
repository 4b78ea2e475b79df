"""Pairs of units with several texts in one language."""

from alignment.corpora.skips import Skips
from alignment.corpora.variants import MAX_VARIANTS, pairs_of_variants
from alignment.corpora.xml_bitext import Unit


def test_each_with_each() -> None:
    unit = Unit("a.tmx:1", [("en", "a"), ("de", "b"), ("en", "c"), ("fr", "d"), ("de", "e")])
    pairs = [pair[:2] for pair in pairs_of_variants(unit, "en", "de", Skips())]
    assert pairs == [("a", "b"), ("a", "e"), ("c", "b"), ("c", "e")]


def test_the_number_is_limited() -> None:
    texts = [("en", f"a{number}") for number in range(5000)]
    unit = Unit("a.tmx:1", [*texts, ("de", "b")])
    skips = Skips()
    assert len(list(pairs_of_variants(unit, "en", "de", skips))) == MAX_VARIANTS
    assert skips.counts == {f"more than {MAX_VARIANTS} variants": 1}

"""Good pairs that the filters lose by script and spelling.

Three tables: the pairs of each language in the catalogs of the quickstart that `wrong_script`
drops; what happens to 20 of them in each of 30 scripts and spellings, which people translated and
which are right; and what `other_numbers` says about the pairs whose numbers are written
differently, or are wrong, of its tests.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa

from alignment import tables
from alignment.cleaning import columns
from alignment.cleaning.batch import Context
from alignment.cleaning.filtering import apply_filters
from alignment.cleaning.ledger import KEPT, REASON_NUMBERS
from alignment.cleaning.scores import expected_ratio
from alignment.config import Clean, GettextCorpus
from alignment.corpora import Source, open_source
from alignment.downloads import Downloads
from alignment.pairs import pair_rows
from benchmarks.catalogs import PACKAGES, cache, canonical_or_empty
from tests.unit.cleaning.number_pairs import RIGHT, WRONG

QUICKSTART = ("django", "wagtail", "django-cms")
SAMPLE = 20
_CODES = """
    ar be bg bn ckb el fa he hi hy ja ka kk km kn ko ky ml mn mr my ne pa pt-BR ru sr sr-Latn ta te
    th ug uk ur zh-Hans zh-Hant
"""
SPELLINGS = frozenset(_CODES.split())
"""More than 30, since a package may lack one."""
_NAMES = {number: name for name, number in REASON_NUMBERS.items()}
_NUMBERS_ONLY = Clean(filters=("other_numbers",))
_TEXTS = pa.schema([("source", pa.string()), ("target", pa.string())])
NumberPair = tuple[str, str, str]
"""Language, English and translation."""


class Result(NamedTuple):
    """What the filters did with the pairs of one language."""

    pairs: int
    reasons: Counter[str]
    """Dropped pairs by reason."""


def main() -> None:
    """Print the tables, and a line of JSON."""
    tallies = {}
    samples = {}
    for code, sources in sorted(_sources().items()):
        rows = [row for corpus, source in sources for row in pair_rows(corpus, source, code, "en")]
        context = Context("en", code, _usual_ratio(rows))
        tallies[code] = _filtered(context, rows)
        if code in SPELLINGS:
            samples[code] = _filtered(context, _sample(rows))
    for code, result in tallies.items():
        if dropped := result.reasons["wrong_script"]:
            print(f"{code:10} {result.pairs:6,} pairs, wrong_script drops {dropped}")
    for code, result in samples.items():
        reasons = "".join(f", {name} {count}" for name, count in result.reasons.items())
        print(f"{code:10} keeps {result.pairs - result.reasons.total()} of {result.pairs}{reasons}")
    total = sum(result.pairs for result in tallies.values())
    dropped = sum(result.reasons["wrong_script"] for result in tallies.values())
    kept = sum(result.pairs - result.reasons.total() for result in samples.values())
    sampled = sum(result.pairs for result in samples.values())
    print(f"{len(samples)} scripts and spellings: {kept} of {sampled} right pairs are kept")
    right_kept = _print_numbers("right", RIGHT)
    wrong_kept = _print_numbers("wrong", WRONG)
    figures = {
        "pairs": total,
        "wrong_script": dropped,
        "samples": sampled,
        "samples_kept": kept,
        "right_numbers": len(RIGHT),
        "right_numbers_kept": right_kept,
        "wrong_numbers": len(WRONG),
        "wrong_numbers_kept": wrong_kept,
    }
    print(json.dumps(figures))


def _print_numbers(what: str, pairs: Iterable[NumberPair]) -> int:
    """Print what `other_numbers` does with each pair; how many it keeps."""
    decisions = []
    for language, source, target in pairs:
        batch = pa.RecordBatch.from_pylist([{"source": source, "target": target}], _TEXTS)
        reasons = apply_filters(batch, _NUMBERS_ONLY, Context("en", language)).reasons
        decisions.append(bool(reasons[0] == KEPT))
        decision = "kept" if decisions[-1] else "dropped"
        print(f"{language:10} {decision:8} {source} | {target}")
    print(f"numbers: {sum(decisions)} of {len(decisions)} {what} pairs are kept")
    return sum(decisions)


def _sources() -> dict[str, list[tuple[GettextCorpus, Source]]]:
    """The packages that have a language, by its canonical code; none for English."""
    versions = {package: version for package, version, _ in PACKAGES}
    sources: dict[str, list[tuple[GettextCorpus, Source]]] = {}
    for package in QUICKSTART:
        corpus = GettextCorpus(kind="gettext", package=package, version=versions[package])
        source = open_source(corpus, Downloads(cache()), "en")
        for code in sorted(
            {canonical_or_empty(spelling) for spelling in source.languages()} - {""}
        ):
            sources.setdefault(code, []).append((corpus, source))
    return sources


def _sample(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same pairs in every run: those of four words or more that are translated."""
    long = [row for row in rows if row["source"].count(" ") >= 3 and row["source"] != row["target"]]
    return sorted(long, key=lambda row: row["pair_id"])[:SAMPLE]


def _usual_ratio(rows: list[dict[str, Any]]) -> float:
    """The usual ratio of lengths, as a run estimates it."""
    sides = []
    for side in ("source", "target"):
        sides.append(columns.normalized(columns.from_strings([row[side] for row in rows])))
    return expected_ratio(sides[:1], sides[1:])


def _filtered(context: Context, rows: list[dict[str, Any]]) -> Result:
    reasons = Counter[str]()
    for batch in tables.in_batches(iter(rows), tables.PAIRS):
        numbers = apply_filters(batch, Clean(), context).reasons
        names = [_NAMES[number] for number in numbers[numbers != KEPT].tolist()]
        reasons.update(names)
    return Result(len(rows), reasons)


if __name__ == "__main__":
    main()

"""The alignment check of every corpus and language as text, for tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from alignment import languages
from alignment.report.accuracy import percent
from alignment.report.summary import CorpusCheck
from alignment.types import MISALIGNED


class AlignmentRow(NamedTuple):
    """One corpus in one language; cosines are means."""

    language: str
    corpus: str
    pairs: str
    right: str
    shifted: str
    random: str
    noise: str
    """Share of pairs no better than random in percent, with its 95% interval."""
    verdict: str
    message: str
    aligned: bool
    is_fault: bool
    """Whether something is wrong; False as well where it cannot be told."""


def alignment_rows(checks: Mapping[str, Mapping[str, CorpusCheck]]) -> list[AlignmentRow]:
    """One row for each result in `checks`, which are by language and corpus."""
    rows = []
    for code, by_corpus in checks.items():
        for corpus, result in by_corpus.items():
            rows.append(_row(languages.name(code), corpus, result))
    return rows


def verdict_counts(rows: Sequence[AlignmentRow]) -> str:
    """How often each verdict occurs: `23 aligned, 1 shifted`."""
    counts = Counter(row.verdict for row in rows)
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def _row(language: str, corpus: str, result: CorpusCheck) -> AlignmentRow:
    cosines = ("", "", "")
    if result.pairs:
        cosines = (f"{result.right:.2f}", f"{result.shifted:.2f}", f"{result.random:.2f}")
    return AlignmentRow(
        language,
        corpus,
        f"{result.pairs:,}" if result.pairs else "",
        *cosines,
        noise=_noise(result),
        verdict=result.verdict.replace("_", " "),
        message=result.message,
        aligned=result.verdict == "aligned",
        is_fault=result.verdict == "noisy" or result.verdict in MISALIGNED,
    )


def _noise(result: CorpusCheck) -> str:
    if result.noise is None or result.noise_low is None or result.noise_high is None:
        return ""
    interval = f"{percent(result.noise_low)} – {percent(result.noise_high)}"
    return f"{percent(result.noise)} ({interval})"

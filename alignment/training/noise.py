"""Misspelled copies of the texts that are trained on.

They stand in for their texts at times, so that the encoder learns to read what is spelled otherwise than in its corpora:
varieties and languages that are close to theirs, names, typing errors. The idea is Aepli and Sennrich's (2022, "Improving
Zero-Shot Cross-lingual Transfer Between Closely Related Languages by Injecting Character-level Noise").
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

COPIES = 3  # of each text, beside itself


def copies(
    texts: Sequence[str], languages: Sequence[str], share: float, *, pivot: str, seed: int
) -> list[list[str]]:
    """Misspelled ones of each text (n, COPIES or 0): none of the pivot's, which the others are to be brought to.

    `share` of the letters are changed; what comes in their place are letters of the same language's texts.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for text, language in zip(texts, languages, strict=True):
        found[language].update(filter(str.isalpha, text.lower()))
    letters = {language: sorted(own) for language, own in found.items()}

    def of(text: str, language: str) -> list[str]:
        seeds = range(COPIES) if share and language != pivot else ()
        return [
            misspelled(text, share, letters[language], random.Random(f"{seed}:{copy}:{text}"))
            for copy in seeds
        ]

    return [of(text, language) for text, language in zip(texts, languages, strict=True)]


def misspelled(text: str, share: float, letters: Sequence[str], rng: random.Random) -> str:
    """Each letter with this probability: left out, replaced, followed by another one, or moved behind the next."""
    result = list(text)
    for i, letter in enumerate(result):
        if not letter.isalpha() or rng.random() >= share:
            continue
        match rng.randrange(4):
            case 0:
                result[i] = ""
            case 1:
                result[i] = rng.choice(letters)
            case 2:
                result[i] = letter + rng.choice(letters)
            case _ if "".join(result[i + 1 : i + 2]).isalpha():
                result[i : i + 2] = result[i + 1], letter
    return "".join(result)

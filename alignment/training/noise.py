"""Misspelled copies of the training texts.

Some batches use a copy in place of its text. The encoder learns to read spellings that its corpora
do not have: related languages and varieties, names, typing errors. The idea is from Aepli and
Sennrich (2022), "Improving Zero-Shot Cross-lingual Transfer Between Closely Related Languages by
Injecting Character-level Noise".
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

NUM_COPIES = 3  # per text, in addition to the text


def misspelled_copies(
    texts: Sequence[str], languages: Sequence[str], share: float, *, pivot: str, seed: int
) -> list[list[str]]:
    """`NUM_COPIES` misspelled copies of each text; none of a text of the pivot.

    Args:
        texts: n texts.
        languages: The language of each text. New letters are drawn from the same language's texts.
        share: Probability that a letter is changed; 0 makes no copies.
        pivot: The language that the others are aligned to, and that stays as it is.
        seed: The copies of a text depend on it, on the text and on its language's letters.
    """
    letters = _letters_by_language(texts, languages)
    copies: list[list[str]] = []
    for text, language in zip(texts, languages, strict=True):
        copies.append([])
        if not share or language == pivot:
            continue
        for number in range(NUM_COPIES):
            rng = random.Random(f"{seed}:{number}:{text}")
            copies[-1].append(misspell(text, share, letters[language], rng))
    return copies


def _letters_by_language(texts: Sequence[str], languages: Sequence[str]) -> dict[str, list[str]]:
    letters: dict[str, set[str]] = defaultdict(set)
    for text, language in zip(texts, languages, strict=True):
        letters[language].update(filter(str.isalpha, text.lower()))
    return {language: sorted(distinct) for language, distinct in letters.items()}


def misspell(text: str, share: float, letters: Sequence[str], rng: random.Random) -> str:
    """Drop, replace, double with another letter, or swap each letter with the probability `share`.

    A letter is swapped with the next character only if that is a letter too.
    """
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

"""Synthetic parallel text of any size: invented words of several scripts, translated word by word.

A tenth of the English sentences is the same in all languages, as in corpora with a common pivot.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

ALPHABETS = {
    "en": "abcdefghijklmnoprstuvwy",
    "de": "abcdefghiklmnoprstuwzäöüß",
    "fi": "aehijklmnoprstuvyäö",
    "ru": "абвгдежзийклмнопрстуфхцчшщыьэюя",
    "el": "αβγδεζηθικλμνξοπρστυφχψω",
    "hi": "कखगघचछजझटठडढतथदधनपफबभमयरलवशसह",
}
PIVOT = "en"
LANGUAGES = tuple(code for code in ALPHABETS if code != PIVOT)
WORDS = 30_000
"""Of a language's vocabulary; frequent ones are drawn more often."""
BLOCK = 20_000
"""Pairs that are made together."""
_SHARED = 0.1
_WITH_NUMBER = 0.1


def write_corpora(directory: Path, pairs: int) -> Path:
    """`<language>.tsv` for each language with an equal part of the pairs, made by the first call.

    Returns the pattern of the paths for a `local` corpus.
    """
    each = pairs // len(LANGUAGES)
    directory.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        path = directory / f"{language}.tsv"
        if path.is_file():
            continue
        temporary = path.with_suffix(".part")
        with temporary.open("w", encoding="utf-8") as file:
            file.write("source\ttarget\n")
            for first in range(0, each, BLOCK):
                file.writelines(lines(language, first // BLOCK, min(BLOCK, each - first)))
        temporary.rename(path)
    return directory / "{lang}.tsv"


def lines(language: str, block: int, count: int) -> Iterator[str]:
    """Tab-separated pairs of one block, each with its line break."""
    shared = np.random.default_rng([block, 0])
    own = np.random.default_rng([block, 1 + LANGUAGES.index(language)])
    num_shared = int(count * _SHARED)
    source = _vocabulary(PIVOT)
    target = _vocabulary(language)
    for generator, size in ((shared, num_shared), (own, count - num_shared)):
        lengths = generator.integers(4, 15, size)
        ends = np.cumsum(lengths).tolist()
        words = (WORDS * generator.random(lengths.sum()) ** 3).astype(np.int64)
        numbers = generator.integers(2, 100_000, size).tolist()
        has_number = (generator.random(size) < _WITH_NUMBER).tolist()
        left = source[words].tolist()
        right = target[words].tolist()
        begin = 0
        for row, end in enumerate(ends):
            number = f" {numbers[row]}" if has_number[row] else ""
            pair = " ".join(left[begin:end]), " ".join(right[begin:end])
            yield f"{pair[0]}{number}\t{pair[1]}{number}\n"
            begin = end


_VOCABULARIES: dict[str, np.ndarray] = {}


def _vocabulary(language: str) -> np.ndarray:
    """Words by number, as long as their translations or a letter longer (WORDS,)."""
    if language not in _VOCABULARIES:
        lengths = np.random.default_rng(0).integers(2, 10, WORDS)
        generator = np.random.default_rng(list(language.encode()))
        letters = np.array(list(ALPHABETS[language]))
        lengths += generator.integers(0, 2, WORDS)
        words = ["".join(letters[generator.integers(0, len(letters), n)]) for n in lengths]
        _VOCABULARIES[language] = np.array(words, dtype=object)
    return _VOCABULARIES[language]

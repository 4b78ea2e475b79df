"""Decide whether a new model may replace an old one, language by language.

    python examples/gate_two_models.py
    python examples/gate_two_models.py --candidate new-model --reference old-model --floor 0.8

Both models encode the same pairs. The new one passes if every language reaches the floor and an
exact paired test calls none worse by more than a point. The exit code is 0 if it passes and 3 if
not, so the script can be a step of CI.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

import alignment
from alignment import TextEncoder

EXIT_REJECTED = 3
PHRASES = {
    "my mother": {"es": "mi madre", "pt": "minha mãe"},
    "my brother": {"es": "mi hermano", "pt": "meu irmão"},
    "reads": {"es": "lee", "pt": "lê"},
    "sings": {"es": "canta", "pt": "canta"},
    "at home": {"es": "en casa", "pt": "em casa"},
}


class Phrasebook:
    """A toy encoder: translates phrases to English and counts the words."""

    def __init__(self, *languages: str) -> None:
        self.languages = languages

    def encode(self, texts: list[str], /) -> NDArray[np.float32]:
        """Vectors (n, 256)."""
        vectors = np.zeros((len(texts), 256), np.float32)
        for row, text in enumerate(texts):
            for word in self._english(text).split():
                vectors[row, crc32(word.encode()) % 256] += 1
        return vectors

    def _english(self, text: str) -> str:
        for english, translations in PHRASES.items():
            for language in self.languages:
                text = text.replace(translations[language], english)
        return text


def main() -> int:
    """Evaluate both models, gate them, and return the exit code."""
    arguments = parse_arguments()
    suites = {"es": pairs("es"), "pt": pairs("pt")}
    candidate = alignment.evaluate(load(arguments.candidate, Phrasebook("es", "pt")), suites)
    reference = alignment.evaluate(load(arguments.reference, Phrasebook("es")), suites)
    print(f"candidate\n{candidate}\n\nreference\n{reference}\n")

    verdict = alignment.gate_languages(candidate, reference, floor=arguments.floor)
    for finding in verdict.findings:
        print(f"{finding.language}: {finding.reason}")
    if isinstance(verdict, alignment.Rejected):
        print("rejected")
        return EXIT_REJECTED
    print("approved")
    return 0


def pairs(language: str) -> list[tuple[str, str]]:
    """Sentences and their translations; read your own with `alignment.read_pairs`."""
    sentences = []
    for person, action in itertools.product(("my mother", "my brother"), ("reads", "sings")):
        for number in range(1, 11):
            words = [PHRASES[phrase][language] for phrase in (person, action, "at home")]
            sentences.append((f"{person} {action} at home {number}", f"{' '.join(words)} {number}"))
    return sentences


def load(directory: str | None, stand_in: TextEncoder) -> TextEncoder:
    """The model in a directory; without one, the toy encoder."""
    if directory is None:
        return stand_in
    return alignment.load_encoder(directory)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Gate a new model against an old one.")
    parser.add_argument("--candidate", help="directory of the new model")
    parser.add_argument("--reference", help="directory of the old model")
    parser.add_argument("--floor", type=float, default=0.8, help="lowest accuracy, 0 to 1")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""Mine hard negatives for pairs of texts, and look at what each strategy finds.

    python examples/mine_negatives.py
    python examples/mine_negatives.py --encoder workspace/registry/quickstart/champion

The result feeds any trainer: `triplets()` gives (anchor, positive, negative), the three columns
that a triplet loss of sentence-transformers expects.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

import alignment
from alignment import TextEncoder

PAIRS = [
    ("Save changes", "Cadw newidiadau"),
    ("Save the changes?", "Cadw'r newidiadau?"),
    ("Discard changes", "Gwrthod newidiadau"),
    ("Delete this page", "Dileu'r dudalen hon"),
    ("Delete this page", "Dileu'r dudalen yma"),  # no negative of the line above
    ("Print this page", "Argraffu'r dudalen hon"),
    ("Good morning", "Bore da"),
    ("Good night", "Nos da"),
]


class Trigrams:
    """A toy encoder: counts of three letters in a row, in 512 dimensions."""

    def encode(self, texts: list[str], /) -> NDArray[np.float32]:
        """Vectors (n, 512)."""
        vectors = np.zeros((len(texts), 512), np.float32)
        for row, text in enumerate(texts):
            letters = f"  {text.lower()} ".encode()
            for start in range(len(letters) - 2):
                trigram = int.from_bytes(letters[start : start + 3], "big")
                vectors[row, trigram % 509] += 1
        return vectors


def main() -> None:
    """Print the negatives of each strategy, then the triplets with a margin."""
    encoder = load(parse_arguments().encoder)
    sources = [source for source, _ in PAIRS]
    targets = [target for _, target in PAIRS]

    for strategy in ("random", "lexical", "semantic"):
        print(f"{strategy}: source, translation, two negatives")
        negatives = alignment.mine_hard_negatives(
            sources, targets, encoder, strategy=strategy, num_negatives=2
        )
        for source, target, texts in zip(sources, targets, negatives.texts, strict=True):
            print(f"  {source:18} {target:23} {texts}")

    margin = 0.8
    strict = alignment.mine_hard_negatives(sources, targets, encoder, relative_margin=margin)
    triplets = list(strict.triplets())
    print(f"semantic, margin {margin}: {len(triplets)} of {len(PAIRS)} pairs have a negative")
    for triplet in triplets:
        print(f"  {triplet.anchor} | {triplet.positive} | {triplet.negative}")


def load(directory: str | None) -> TextEncoder:
    """The encoder in a directory; without one, the toy encoder."""
    if directory is None:
        return Trigrams()
    return alignment.load_encoder(directory)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Mine hard negatives for a few pairs.")
    parser.add_argument("--encoder", help="directory of an encoder; by default letter trigrams")
    return parser.parse_args()


if __name__ == "__main__":
    main()

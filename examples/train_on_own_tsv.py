"""Fine-tune an encoder on a TSV file of your own, from Python, and use the published model.

    python examples/train_on_own_tsv.py
    python examples/train_on_own_tsv.py --tsv pairs.tsv --language cy --encoder models/e5-small

The file has a header with the columns `source` (English) and `target`. The default is a random
encoder and 120 generated Spanish sentences, which takes about a minute and proves nothing but
that it works.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import Any

import alignment

PEOPLE = {"my mother": "mi madre", "my brother": "mi hermano", "the teacher": "la maestra"}
VERBS = {"drinks": "bebe", "buys": "compra", "sells": "vende", "brings": "trae"}
THINGS = {"hot tea": "té caliente", "cold milk": "leche fría", "fresh bread": "pan fresco"}
TIMES = {"today": "hoy", "at night": "de noche", "in the morning": "por la mañana"}


def main() -> None:
    """Train, then encode two sentences with the result."""
    arguments = parse_arguments()
    if not arguments.tsv.exists():
        write_sample(arguments.tsv)

    outcome = alignment.run(configuration(arguments), workspace=arguments.workspace, progress=True)
    print(f"{type(outcome.verdict).__name__} against {outcome.verdict.reference}")
    for finding in outcome.verdict.findings:
        print(f"  {finding.language}: {finding.reason}")
    print(f"Report: {outcome.directory / 'report.html'}")

    if isinstance(outcome.verdict, alignment.Approved):
        encoder = alignment.load_encoder(arguments.workspace / "registry/own-tsv/champion")
        english, spanish = encoder.encode(["My mother drinks hot tea.", "Mi madre bebe té."])
        print(f"Cosine of a sentence and its translation: {english @ spanish:.2f}")


def configuration(arguments: argparse.Namespace) -> dict[str, Any]:
    """The same keys as in a YAML file."""
    encoder: dict[str, Any] = {"source": "scratch", "vocab_size": 400, "hidden_size": 64}
    train: dict[str, Any] = {"steps": arguments.steps, "in_batch_negatives": "hardest"}
    if arguments.encoder:
        encoder = {"source": "local", "path": arguments.encoder}
    else:  # random weights need bigger steps than trained ones
        train |= {"learning_rate": 3e-3, "dropout": 0.0, "batch_size": 32}
    corpus = {"kind": "local", "path": arguments.tsv, "license": "CC0-1.0"}
    return {
        "name": "own-tsv",
        "encoder": encoder,
        "languages": {arguments.language: {"corpora": [corpus]}},
        "holdout": {"share": 0.2},
        "train": train,
        "gate": {"floor": arguments.floor, "min_queries": 10},
    }


def write_sample(path: Path) -> None:
    """Sentences of every combination of the words above."""
    lines = ["source\ttarget"]
    for words in itertools.product(PEOPLE, VERBS, THINGS, TIMES):
        person, verb, thing, time = words
        spanish = (PEOPLE[person], VERBS[verb], THINGS[thing], TIMES[time])
        lines.append(f"{' '.join(words).capitalize()}.\t{' '.join(spanish).capitalize()}.")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Fine-tune an encoder on a TSV file.")
    parser.add_argument("--tsv", type=Path, default=Path("pairs.tsv"))
    parser.add_argument("--language", default="es", help="of the target column")
    parser.add_argument("--encoder", help="directory of an encoder; by default a random one")
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--floor", type=float, default=0.5, help="of accuracy, to be published")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""sentences: numbers of the distinct sentences of one language, for those who encode a part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alignment import layout
from alignment.arrays import save_array
from alignment.context import RunContext
from alignment.stages.shards import REVISION, SIDES, number_sentences
from alignment.types import Artifact, Counts


@dataclass(frozen=True)
class SentencesCounts(Counts):
    """The distinct sentences of each side."""

    sources: int
    targets: int


def sentences(context: RunContext, language: str, cleaned: Artifact) -> Artifact:
    """The sentence number of each pair, and the first row with each sentence, for both sides.

    `embed` on one machine has no need of it: it numbers and encodes in one go.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its artifact of `clean`.
    """
    pairs = cleaned.path / layout.PAIRS

    def work(out: Path) -> SentencesCounts:
        numbers = {}
        for files in SIDES:
            numbered = number_sentences(pairs, files.side)
            save_array(out / files.rows, numbered.rows)
            save_array(out / files.firsts, numbered.firsts)
            numbers[files.side] = len(numbered.firsts)
        return SentencesCounts(sources=numbers["source"], targets=numbers["target"])

    return context.store.build(
        "sentences",
        work,
        revision=REVISION,
        config={},
        inputs={"clean": cleaned.input(layout.PAIRS)},
        label=language,
    )

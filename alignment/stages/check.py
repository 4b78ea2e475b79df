"""check: is each corpus of one language aligned, and is each side in its language?"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from alignment import layout
from alignment.checks.excerpts import Excerpts, read_excerpts
from alignment.checks.names import language_names
from alignment.checks.similarity import KNOWN_LANGUAGE, Similarity, compare
from alignment.checks.verdict import judge, sides
from alignment.cleaning.langid import LanguageIdentifier, load_identifier
from alignment.config import Clean
from alignment.context import RunContext
from alignment.encoder.cache import cached_encoder
from alignment.files import file_digest, write_json
from alignment.types import Artifact, CorpusAlignment, Counts, Input

if TYPE_CHECKING:
    from alignment.encoder.device import Precision
    from alignment.encoder.prompts import Side

REVISION = 1
ENOUGH = 250
"""Rows of the excerpts, from which on a third of them is tried first, to save two thirds of the
time."""
DOUBTFUL_NOISE = 0.05
"""Share of pairs no better than random, from which on all excerpts are compared."""
logger = logging.getLogger(__name__)


class Encode(Protocol):
    """Turns texts (n) of one side into unit vectors (n, dim), as `Encoder.encode`."""

    def __call__(self, texts: Sequence[str], *, side: Side) -> NDArray[np.float32]:
        """See the class."""


@dataclass(frozen=True)
class CheckCounts(Counts):
    """Pairs of the excerpts, and the verdict on each corpus."""

    pairs: int
    verdicts: dict[str, str]


def check(
    context: RunContext,
    language: str,
    pulled: Artifact,
    encoder: Artifact,
    limits: Clean,
    precision: Precision,
) -> Artifact:
    """`alignment.json`: the verdict on each corpus of one language, from its excerpts.

    Args:
        context: What the stages of a run share.
        language: The language whose corpora are checked.
        pulled: Its artifact of `pull`.
        encoder: The artifact of the base encoder.
        limits: Names the model for language identification.
        precision: Of the encoder, the same as in `mine`, so that both share its vectors.
    """

    def work(out: Path) -> CheckCounts:
        excerpts = read_excerpts(pulled.path / layout.EXCERPTS)
        encode = cached_encoder(
            encoder.path / layout.MODEL, precision, trust_remote_code=context.trust_remote_code
        ).encode
        identifier = load_identifier(limits.language_model)
        results = check_corpora(excerpts, context.pivot, language, encode, identifier)
        write_json(out / layout.ALIGNMENT, {name: asdict(of) for name, of in results.items()})
        verdicts: dict[str, str] = {name: of.verdict for name, of in results.items()}
        logger.info("check %s: %s", language, verdicts)
        return CheckCounts(sum(len(rows.source) for rows in excerpts.values()), verdicts)

    inputs = {
        "pull": pulled.input(layout.EXCERPTS),
        "encoder": encoder.directory(layout.MODEL),
    }
    if limits.language_model is not None:
        inputs["language_model"] = Input(file_digest(limits.language_model), limits.language_model)
    return context.store.build(
        "check",
        work,
        revision=REVISION,
        config={"language": language, "pivot": context.pivot, "precision": precision},
        inputs=inputs,
        label=language,
    )


def check_corpora(
    excerpts: Mapping[str, Excerpts],
    pivot: str,
    language: str,
    encode: Encode,
    identifier: LanguageIdentifier,
) -> dict[str, CorpusAlignment]:
    """The verdict on each corpus of one language.

    Args:
        excerpts: Of each corpus, by its name.
        pivot: BCP-47 code of the source side.
        language: BCP-47 code of the target side.
        encode: As `Encoder.encode`.
        identifier: Identifies languages.
    """
    similarities = {name: _similarity(rows, encode) for name, rows in excerpts.items()}
    encoder_knows = any(_shows_knowledge(similarity) for similarity in similarities.values())
    if not encoder_knows:
        names = language_names(pivot, language)
        encoder_knows = _shows_knowledge(_similarity(names, encode))
    results = {}
    for name, rows in excerpts.items():
        results[name] = judge(
            similarities[name],
            sides(rows, pivot, language, identifier),
            pivot=pivot,
            language=language,
            encoder_knows=encoder_knows,
        )
    return results


def read_alignment(artifact: Artifact) -> dict[str, CorpusAlignment]:
    """The verdicts of an artifact of `check`, by corpus."""
    content = json.loads((artifact.path / layout.ALIGNMENT).read_text(encoding="utf-8"))
    return {name: CorpusAlignment(**values) for name, values in content.items()}


def _similarity(excerpts: Excerpts, encode: Encode) -> Similarity | None:
    """From a third of the excerpts, or from all of them if those leave a doubt."""
    if len(excerpts.source) >= ENOUGH:
        result = _compare(excerpts.third(), encode)
        if result is not None and result.related and result.noise[0] < DOUBTFUL_NOISE:
            return result
    return _compare(excerpts, encode)


def _compare(excerpts: Excerpts, encode: Encode) -> Similarity | None:
    sources = encode(excerpts.source, side="source")
    targets = encode(excerpts.target, side="target")
    return compare(excerpts, sources, targets)


def _shows_knowledge(similarity: Similarity | None) -> bool:
    """Whether the pairs show that the encoder knows both languages."""
    if similarity is None:
        return False
    return similarity.related and similarity.strength >= KNOWN_LANGUAGE

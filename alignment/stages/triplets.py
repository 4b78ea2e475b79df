"""triplets: meaning groups over all languages, then one mismatched translation per pair and direction."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from alignment import tables
from alignment.cleaning import columns as text_columns
from alignment.config import Triplets
from alignment.errors import EmptyCorpus
from alignment.store import Store, write_json
from alignment.triplets.audit import describe
from alignment.triplets.build import Audit, Mined, Texts, Use, build_triplets
from alignment.triplets.groups import MeaningGroups
from alignment.types import Artifact

REVISION = 2
logger = logging.getLogger(__name__)


def triplets(
    store: Store, cleaned: Mapping[str, Artifact], mined: Mapping[str, Artifact], settings: Mapping[str, Triplets],
    *, uses: Mapping[str, Use], margin: float, pivot: str, seed: int,
) -> Artifact:  # fmt: skip
    """`triplets.parquet` and `audit.json`.

    All languages together, because two sentences can be one meaning through a third language. What
    costs time (the candidates) is done per language before.

    Raises:
        EmptyCorpus: if not one triplet can be built.
    """

    def work(out: Path) -> dict[str, int]:
        texts = _texts(cleaned, pivot)
        audits = {language: Audit() for language in texts}

        def rows() -> Iterator[dict[str, Any]]:
            for language, own in texts.items():
                candidates = _candidates(mined[language].path / "candidates.parquet")
                yield from build_triplets(
                    own, candidates, settings[language], audits[language], uses=uses, seed=seed, pivot=pivot
                )

        total = tables.write(out / "triplets.parquet", tables.TRIPLETS, rows())
        if total == 0:
            raise EmptyCorpus(
                "not one triplet could be built", where="triplets",
                hint="There must be at least two pairs of different meaning per language; or raise triplets.max_chrf.",
            )  # fmt: skip
        by_strategy = describe(tables.read(out / "triplets.parquet"), margin)
        guards = {language: asdict(audit) for language, audit in audits.items()}
        write_json(out / "audit.json", {"margin": margin, "strategies": by_strategy, "languages": guards})
        logger.info("triplets: %d", total)
        built = {f"triplets:{language}": sum(audit.built.values()) for language, audit in audits.items()}
        return {"triplets": total, **built}

    config = {
        "pivot": pivot, "margin": margin,
        "uses": {name: use._asdict() for name, use in sorted(uses.items())},
        "settings": {language: settings[language].model_dump() for language in cleaned},
    }  # fmt: skip
    given = {f"clean:{language}": artifact.input() for language, artifact in cleaned.items()}
    given |= {f"mine:{language}": artifact.input() for language, artifact in mined.items()}
    return store.build("triplets", work, revision=REVISION, config=config, inputs=given, seed=seed)


def _texts(cleaned: Mapping[str, Artifact], pivot: str) -> dict[str, Texts]:
    """Each language's pairs with the meaning group of each."""
    columns = {
        language: tables.read_columns(artifact.path / "pairs.parquet", "pair_id", "source", "target", "corpus")
        for language, artifact in sorted(cleaned.items())
    }
    groups = MeaningGroups()
    nodes: dict[str, list[tuple[str, int]]] = {}
    for language, (_, sources, targets, _corpora) in columns.items():
        nodes[language] = _nodes(pivot, sources)
        for source, target in zip(nodes[language], _nodes(language, targets), strict=True):
            groups.add(source, target)
    number = groups.numbered(node for own in nodes.values() for node in own)
    return {
        language: Texts(language, ids, sources, targets, [number[node] for node in nodes[language]], corpora)
        for language, (ids, sources, targets, corpora) in columns.items()
    }


def _nodes(language: str, texts: list[str]) -> list[tuple[str, int]]:
    """Sentences; texts without letters or digits are told apart by the text itself."""
    compared = text_columns.comparables(text_columns.from_strings(texts))
    hashes = text_columns.fingerprints(compared).tolist()
    lengths = compared.lengths.tolist()
    return [
        (language, value) if length else (f"{language}:{text}", 0)
        for text, value, length in zip(texts, hashes, lengths, strict=True)
    ]


def _candidates(path: Path) -> dict[Any, Mined]:
    return {
        (row["pair"], row["direction"], row["strategy"]): Mined(
            row["positive_similarity"], row["candidates"], row["scores"], row["similarities"]
        )
        for row in tables.read(path)
    }

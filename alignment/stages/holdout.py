"""holdout: the evaluation suites of all languages, and what each language must not train on."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alignment import tables
from alignment.cleaning.clean import suite_rows
from alignment.cleaning.normalise import comparable, fingerprint, normalise
from alignment.cleaning.split import held_out
from alignment.config import Clean, Holdout
from alignment.corpora import Source, open_source
from alignment.errors import EmptyCorpus
from alignment.stages.pull import describe, inputs
from alignment.stages.pull import rows as pair_rows
from alignment.store import Store
from alignment.types import Artifact

REVISION = 1
HELDOUT = "heldout"
logger = logging.getLogger(__name__)

# Suites of the user's are judged as they are: only unusable rows are left out of them.
AS_GIVEN = Clean(min_chars=1, max_chars=10_000, min_words=1, max_ratio=1000.0)


def holdout(
    store: Store, pulled: Mapping[str, Artifact], config: Holdout, limits: Mapping[str, Clean], *, pivot: str, seed: int
) -> Artifact:
    """`suites/<suite>/<language>.parquet`, `blocked/<language>.parquet`.

    `blocked` holds the fingerprints of a language's own training sentences (either side) that stand
    in a suite of *any* language: what depends on it changes only when the leak does.

    Raises:
        EmptyCorpus: if no suite has a single pair.
    """
    suites = {name: corpus for name, corpus in sorted(config.suites.items()) if corpus.path is not None}
    sources: dict[str, Source] = {name: open_source(corpus, store.root, pivot) for name, corpus in suites.items()}

    def work(out: Path) -> dict[str, int]:
        counts: dict[str, int] = {}
        for language, artifact in pulled.items():
            if config.share > 0:
                rows = tables.read(artifact.path / "pairs.parquet")
                kept = suite_rows(rows, limits[language], share=config.share, seed=seed)
                _write(out, HELDOUT, language, kept, counts)
            for name, source in sources.items():
                named = suites[name].model_copy(update={"name": name})
                raw = pair_rows(named, source, language, pivot)
                _write(out, name, language, suite_rows(raw, AS_GIVEN, share=None, seed=seed), counts)
        if not counts:
            raise EmptyCorpus("no suite has any pair", where="holdout", hint="Raise holdout.share or add a suite.")
        hashes = _fingerprints(out / "suites")
        for language, artifact in pulled.items():
            found = _blocked(artifact.path / "pairs.parquet", hashes, config.share, seed)
            tables.write(out / "blocked" / f"{language}.parquet", tables.BLOCKED, ({"hash": h} for h in sorted(found)))
            counts[f"blocked:{language}"] = len(found)
        return counts

    slice_ = {
        "share": config.share, "pivot": pivot, "suites": {name: describe(corpus) for name, corpus in suites.items()},
        "limits": {language: limits[language].model_dump() for language in pulled},
    }  # fmt: skip
    given = {f"pull:{language}": artifact.input() for language, artifact in pulled.items()}
    for language in pulled:
        given |= inputs({suites[name]: source for name, source in sources.items()}, language)
    return store.build("holdout", work, revision=REVISION, config=slice_, inputs=given, seed=seed)


def suites_of(artifact: Artifact, language: str) -> list[str]:
    """Names of the suites that have `language`, the held-out one first."""
    names = [
        name.split("/")[1] for name in artifact.files if name.startswith("suites/") and name.endswith(f"/{language}.parquet")
    ]
    return sorted(names, key=lambda name: (name != HELDOUT, name))


def _write(out: Path, suite: str, language: str, rows: Iterator[dict[str, Any]], counts: dict[str, int]) -> None:
    path = out / "suites" / suite / f"{language}.parquet"
    total = tables.write(path, tables.PAIRS, rows)
    if total == 0:
        path.unlink()
        return
    counts[f"{suite}:{language}"] = total
    logger.info("holdout %s %s: %d pairs", suite, language, total)


def _fingerprints(suites: Path) -> set[int]:
    """Of both sides of every suite of every language."""
    found: set[int] = set()
    for path in sorted(suites.rglob("*.parquet")):
        for row in tables.read(path, ["source", "target"]):
            found |= {fingerprint(text) for text in (row["source"], row["target"]) if comparable(text)}
    return found


def _blocked(pairs: Path, hashes: set[int], share: float, seed: int) -> set[int]:
    """The language's training sentences that stand in a suite; the held-out share is kept apart anyway."""
    found: set[int] = set()
    for row in tables.read(pairs, ["source", "target"]):
        if not held_out(normalise(row["source"]), share, seed):
            found |= {fingerprint(normalise(row[side])) for side in ("source", "target")} & hashes
    return found

"""What the tests of single stages share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alignment import layout, tables
from alignment.config import Clean, Holdout, LocalCorpus
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.files import tree_digests
from alignment.stages.clean import clean
from alignment.stages.holdout import holdout
from alignment.stages.pull import pull
from alignment.store import Store
from alignment.types import Artifact, combined_digest
from tests.support import TINY

TINY_CORPUS = LocalCorpus.model_validate(
    {
        "kind": "local",
        "path": TINY,
        "name": "tiny",
        "license": "Apache-2.0",
        "columns": {"source": "en", "target": "{lang}"},
    }
)


def new_context(root: Path) -> RunContext:
    return RunContext(Store(root / "store"), Downloads(root / "downloads"), pivot="en", seed=1)


def pull_tiny(context: RunContext, *languages: str) -> dict[str, Artifact]:
    return {language: pull(context, language, (TINY_CORPUS,)) for language in languages}


def clean_tiny(context: RunContext, *languages: str) -> tuple[dict[str, Artifact], Artifact]:
    """The artifacts of `clean` by language, and the one of `holdout`."""
    pulled = pull_tiny(context, *languages)
    suites = holdout(context, pulled, Holdout(), dict.fromkeys(languages, Clean()))
    cleaned = {
        language: clean(context, language, artifact, suites, Clean(), share=Holdout().share)
        for language, artifact in pulled.items()
    }
    return cleaned, suites


def pair_identity(language: str, row: int) -> str:
    return hashlib.sha256(f"{language} {row}".encode()).hexdigest()[:16]


def pairs_artifact(
    directory: Path, language: str, pairs: Sequence[tuple[str, str]], stage: str = "clean"
) -> Artifact:
    """An artifact of `pull` or `clean` with these pairs, which are numbered from 0."""
    rows = []
    for number, (source, target) in enumerate(pairs):
        row: dict[str, Any] = dict.fromkeys(tables.PAIRS.names, "")
        row |= {"pair_id": pair_identity(language, number), "corpus": "x"}
        row |= {"source": source, "target": target, "source_lang": "en", "target_lang": language}
        rows.append(row)
    path = directory / language
    tables.write(path / layout.PAIRS, tables.PAIRS, rows)
    files = tree_digests(path)
    return Artifact(stage, language, language, path, files, {}, 0.0, combined_digest(files))

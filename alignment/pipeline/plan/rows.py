"""How many pairs each corpus will give, from what is known without reading or fetching anything."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from alignment.config import Config, Corpus
from alignment.corpora import open_source
from alignment.downloads import Downloads
from alignment.errors import AlignmentError, Corrupt
from alignment.pairs import corpus_settings
from alignment.pipeline.workspace import Workspace
from alignment.store import read_artifact_manifest

Certainty = Literal["known", "about", "at most", "unknown"]
DEFAULT_KEPT = 0.85
"""Share of the pairs that cleaning keeps of text that has not been cleaned before, about."""
_WORST_LAST: tuple[Certainty, ...] = ("known", "about", "at most", "unknown")


@dataclass(frozen=True)
class Expected:
    """A number of rows, and how sure it is."""

    rows: int
    """0 where nothing is known."""
    certainty: Certainty
    reason: str
    """Where the number comes from, or why there is none."""


def total(parts: Sequence[Expected]) -> Expected:
    """The sum; it is as sure as the least sure part."""
    worst: Certainty = "known"
    for part in parts:
        worst = max(worst, part.certainty, key=_WORST_LAST.index)
    unknown = sum(part.certainty == "unknown" for part in parts)
    reason = f"{unknown} of {len(parts)} corpora unknown" if unknown else ""
    return Expected(sum(part.rows for part in parts), worst, reason)


class _Pulled(NamedTuple):
    """What an earlier run read of one corpus in one language."""

    pairs: int
    limit: int | None
    """The `max_pairs` of that run."""


class ExpectedPairs:
    """Answers for one configuration and workspace; reads the manifests of earlier runs once."""

    def __init__(self, config: Config, workspace: Workspace) -> None:
        self._config = config
        self._pulled = _pulled_before(workspace)
        # Without the lockfile, which reading for a plan must not change.
        self._downloads = Downloads(workspace.root / "downloads", offline=True)

    def of_language(self, code: str) -> dict[str, Expected]:
        """The expected pairs of each corpus by its name."""
        corpora = self._config.settings(code).corpora
        return {corpus.display_name: self._of_corpus(corpus, code) for corpus in corpora}

    def _of_corpus(self, corpus: Corpus, code: str) -> Expected:
        limit = corpus.max_pairs
        before = self._pulled.get(_identity(corpus_settings(corpus), code))
        if before is not None:
            has_all = before.limit is None or before.pairs < before.limit
            if has_all or (limit is not None and limit <= before.pairs):
                rows = before.pairs if limit is None else min(before.pairs, limit)
                return Expected(rows, "known", "pulled before")
        pairs = self._estimate(corpus, code)
        if pairs is not None:
            rows = pairs if limit is None else min(pairs, limit)
            return Expected(rows, "about", "by the size of its file or its index")
        if limit is not None:
            return Expected(limit, "at most", "max_pairs")
        return Expected(0, "unknown", "not fetched yet, and max_pairs is not set")

    def _estimate(self, corpus: Corpus, code: str) -> int | None:
        languages = self._config.measured
        try:
            source = open_source(corpus, self._downloads, self._config.pivot, languages)
            return source.expected_pairs(code)
        except AlignmentError:  # not downloaded, or damaged, which the run itself will say
            return None


def manifests(workspace: Workspace, stage: str) -> Iterator[dict[str, Any]]:
    """The manifests of all artifacts of a stage, without damaged ones, the oldest first."""
    readable = []
    for path in workspace.store.artifacts():
        if path.parent.name == stage:
            try:
                readable.append(read_artifact_manifest(path))
            except Corrupt:
                continue
    yield from sorted(readable, key=lambda manifest: str(manifest.get("created", "")))


def _pulled_before(workspace: Workspace) -> dict[str, _Pulled]:
    pulled: dict[str, _Pulled] = {}
    for manifest in manifests(workspace, "pull"):
        with contextlib.suppress(KeyError, TypeError, AttributeError):  # of another release
            pulled |= _pulled_by(manifest)
    return pulled


def _pulled_by(manifest: Mapping[str, Any]) -> dict[str, _Pulled]:
    by_corpus: Mapping[str, int] = manifest["counts"].get("by_corpus", {})
    pulled = {}
    for settings in manifest["config"].get("corpora", []):
        pairs = by_corpus.get(settings["name"], 0)
        identity = _identity(settings, manifest["config"]["language"])
        pulled[identity] = _Pulled(pairs, settings.get("max_pairs"))
    return pulled


def _identity(settings: Mapping[str, Any], language: str) -> str:
    """A corpus and a language, whatever `max_pairs` is."""
    others = {key: value for key, value in settings.items() if key != "max_pairs"}
    return json.dumps([language, others], sort_keys=True, default=str)


def kept_shares(workspace: Workspace) -> dict[str, float]:
    """The share of pairs that cleaning kept of what was not held out, by language; "" for others.

    From the ledgers of the latest cleanings in the workspace.
    """
    kept: dict[str, int] = {}
    seen: dict[str, int] = {}
    for manifest in manifests(workspace, "clean"):
        code = manifest["label"]
        counts = manifest["counts"]
        with contextlib.suppress(KeyError, TypeError, AttributeError):  # of another release
            seen[code] = counts["seen"] - counts["dropped"].get("held_out", 0)
            kept[code] = counts["kept"]
    shares = {code: kept[code] / seen[code] for code in kept if seen[code]}
    everything = sum(seen.values())
    shares[""] = sum(kept.values()) / everything if everything else DEFAULT_KEPT
    return shares

"""What differs between two published versions, from their manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from alignment.registry.version import Version

SECTIONS = {
    "digests": "digests",
    "config": "configuration",
    "encoder": "encoder",
    "versions": "packages",
}
"""Keys of the manifest whose values are compared one by one, and how they are called."""
SINGLE = ("git_commit", "reference", "approved")


@dataclass(frozen=True)
class Change:
    """Something that one version has and the other has not, or has differently."""

    section: str
    key: str
    a: Any
    """None if the first version does not have it."""
    b: Any


@dataclass(frozen=True)
class ScoreChange:
    """Mean accuracy@1 of one language on one suite, in [0, 1]."""

    suite: str
    language: str
    a: float | None
    """None if the first version was not measured on it."""
    b: float | None
    same_suite: bool | None
    """Whether both were measured on the same pairs; None if a manifest does not say it."""

    @property
    def difference(self) -> float | None:
        """Of the second version to the first; None if they cannot be compared."""
        if self.a is None or self.b is None or self.same_suite is False:
            return None
        return self.b - self.a


@dataclass(frozen=True)
class Comparison:
    """Two versions of one model."""

    a: str
    b: str
    changes: tuple[Change, ...]
    scores: tuple[ScoreChange, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON: changes by section, and every score."""
        sections: dict[str, list[dict[str, Any]]] = {}
        for change in self.changes:
            entry = {"key": change.key, "a": change.a, "b": change.b}
            sections.setdefault(change.section, []).append(entry)
        scores = [{**asdict(score), "difference": score.difference} for score in self.scores]
        return {"a": self.a, "b": self.b, "changes": sections, "scores": scores}


def compare_versions(a: Version, b: Version) -> Comparison:
    """What differs: data, configuration, code, environment, scores, licenses, files."""
    changes = [
        *_single(a, b),
        *_sections(a, b),
        *_corpora(a, b),
        *_changed("files", a.published, b.published),
    ]
    return Comparison(a.name, b.name, tuple(changes), tuple(_scores(a, b)))


def _single(a: Version, b: Version) -> Iterator[Change]:
    values_a = {key: a.manifest.get(key) for key in SINGLE}
    values_b = {key: b.manifest.get(key) for key in SINGLE}
    return _changed("version", values_a, values_b)


def _sections(a: Version, b: Version) -> Iterator[Change]:
    for key, section in SECTIONS.items():
        flat_a = dict(_flat(a.manifest.get(key, {})))
        flat_b = dict(_flat(b.manifest.get(key, {})))
        yield from _changed(section, flat_a, flat_b)


def _corpora(a: Version, b: Version) -> Iterator[Change]:
    corpora_a = _corpora_of(a)
    corpora_b = _corpora_of(b)
    yield from _changed("corpora", corpora_a, corpora_b)
    yield from _changed("licenses", _licenses(a), _licenses(b))


def _corpora_of(version: Version) -> dict[str, str]:
    """What was trained on: version, license and pairs, by name."""
    corpora = {}
    for corpus in version.manifest.get("corpora", []):
        parts = [corpus.get("version"), corpus.get("license"), f"{corpus.get('pairs')} pairs"]
        corpora[str(corpus.get("name"))] = ", ".join(str(part) for part in parts if part)
    return corpora


def _licenses(version: Version) -> dict[str, str]:
    """The licenses of what was trained on, each with the names of its corpora."""
    names: dict[str, list[str]] = {}
    for corpus in version.manifest.get("corpora", []):
        license = str(corpus.get("license") or "unknown")
        names.setdefault(license, []).append(str(corpus.get("name")))
    return {license: ", ".join(sorted(corpora)) for license, corpora in names.items()}


def _changed(section: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*a, *b]):
        if a.get(key) != b.get(key):
            yield Change(section, key, a.get(key), b.get(key))


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested objects by their dotted keys; a list is a leaf."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{prefix}.{key}" if prefix else str(key))
    elif prefix:
        yield prefix, value


def _scores(a: Version, b: Version) -> Iterator[ScoreChange]:
    """Every score, what got worse most first."""
    scores_a = _accuracies(a)
    scores_b = _accuracies(b)
    suites_a = a.manifest.get("suites", {})
    suites_b = b.manifest.get("suites", {})
    scores = []
    for suite, language in dict.fromkeys([*scores_a, *scores_b]):
        name = f"{language}/{suite}"
        same = None
        if name in suites_a and name in suites_b:
            same = suites_a[name] == suites_b[name]
        key = (suite, language)
        scores.append(ScoreChange(suite, language, scores_a.get(key), scores_b.get(key), same))

    def order(score: ScoreChange) -> tuple[bool, float]:
        return score.difference is None, score.difference or 0.0

    return iter(sorted(scores, key=order))


def _accuracies(version: Version) -> dict[tuple[str, str], float]:
    accuracies = {}
    for suite, languages in version.manifest.get("accuracy", {}).items():
        for language, accuracy in languages.items():
            accuracies[suite, language] = accuracy
    return accuracies

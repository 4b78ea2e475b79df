"""Finds the section and the key that a location in a validation error means."""

from __future__ import annotations

import types
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from alignment.config.base import Section
from alignment.config.cleaning import Clean
from alignment.config.compare import Compare
from alignment.config.config import (
    CleanOverride,
    Config,
    GateOverride,
    LanguageOverrides,
    TripletsOverride,
)
from alignment.config.corpora import CORPUS_KINDS
from alignment.config.corpus_base import Columns, CorpusBase, LanguageChoice, TripletColumns
from alignment.config.downloads import DownloadLimits
from alignment.config.encoder import ENCODER_SOURCES, EncoderBase, SidePrompts
from alignment.config.evaluate import Evaluate
from alignment.config.gate import Gate, OnnxRule, PoolRule, RetrievalRule, SuiteFloor
from alignment.config.holdout import Holdout
from alignment.config.integrations import HubRepository, MlflowTracking
from alignment.config.keys import KeyPath
from alignment.config.licenses import Licenses
from alignment.config.publish import OnnxFiles, Publish
from alignment.config.retrieval import RetrievalSuite
from alignment.config.runner import RunnerSettings
from alignment.config.training import Train
from alignment.config.triplets import Shares, Triplets

_NAMES: dict[type[Section], str] = {
    Config: "",
    LanguageOverrides: "languages.CODE",
    LanguageChoice: "corpora.languages",
    Columns: "corpora.columns",
    TripletColumns: "corpora.columns",
    SidePrompts: "encoder.prompts",
    Licenses: "licenses",
    DownloadLimits: "downloads",
    Holdout: "holdout",
    Clean: "clean",
    CleanOverride: "clean",
    Triplets: "triplets",
    TripletsOverride: "triplets",
    Shares: "triplets.shares",
    Train: "train",
    Evaluate: "evaluate",
    Compare: "compare",
    RetrievalSuite: "evaluate.retrieval",
    Gate: "gate",
    GateOverride: "gate",
    SuiteFloor: "gate.floors",
    PoolRule: "gate.hard_pool",
    RetrievalRule: "gate.retrieval",
    OnnxRule: "gate.onnx",
    Publish: "publish",
    OnnxFiles: "publish.onnx",
    RunnerSettings: "runner",
    MlflowTracking: "mlflow",
    HubRepository: "hub",
}


class Location(NamedTuple):
    """Where a validation error happened."""

    path: KeyPath
    """The key as a user writes it, without the tags that pydantic inserts for unions."""
    section: type[Section] | None
    """The section that the path ends in; None at a plain value."""


def locate(location: KeyPath) -> Location:
    """Follow a location of pydantic's, such as `("corpora", 0, "gettext", "package")`."""
    annotation: Any = Config
    path: list[str | int] = []
    for part in location:
        if part == "[key]":  # the error is about the key itself
            continue
        if _is_union(annotation):  # `part` names the branch
            annotation = _branch(annotation, part)
            continue
        path.append(part)
        annotation = _child(annotation, part)
    section = annotation if _is_section(annotation) else None
    return Location(tuple(path), section)


def section_name(section: type[Section]) -> str:
    """The section's name in hints: `train`, `triplets.shares`, or "" for the top level."""
    if issubclass(section, CorpusBase):
        return "corpora"
    if issubclass(section, EncoderBase):
        return "encoder"
    return _NAMES[section]


def keys_by_section() -> dict[str, frozenset[str]]:
    """All keys by the name of their section; those of all kinds and sources together."""
    keys: dict[str, frozenset[str]] = {}
    for section in (*_NAMES, *CORPUS_KINDS.values(), *ENCODER_SOURCES.values()):
        name = section_name(section)
        keys[name] = keys.get(name, frozenset()) | section.model_fields.keys()
    return keys


def _child(annotation: Any, part: str | int) -> Any:
    """Annotation of a section's key, or of an item of a list or a dictionary."""
    if _is_section(annotation):
        field = annotation.model_fields.get(part)
        return None if field is None else _bare(field.annotation)
    if get_origin(annotation) in (list, tuple):
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) is dict:
        return _bare(get_args(annotation)[1])
    return None


def _branch(union: Any, tag: str | int) -> Any:
    """The section of a union with this tag; None for a union of plain values."""
    for sections in (CORPUS_KINDS, ENCODER_SOURCES):
        section = sections.get(str(tag))
        if section in get_args(union):
            return section
    return None


def _bare(annotation: Any) -> Any:
    """Without constraints and without `| None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if _is_union(annotation):
        members = [member for member in get_args(annotation) if member is not types.NoneType]
        if len(members) == 1:
            return _bare(members[0])
    return annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)

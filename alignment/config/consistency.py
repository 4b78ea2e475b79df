"""What must hold between the sections of a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from alignment import languages
from alignment.config.base import merged
from alignment.config.corpora import LocalCorpus, is_disabled
from alignment.config.gate import RUN_WIDE, Gate
from alignment.config.holdout import HELDOUT
from alignment.config.keys import KeyPath, KeyProblem, dotted, raised_problems
from alignment.types import FURTHER_RULES

if TYPE_CHECKING:
    from alignment.config.config import Config, LanguageOverrides


def problems(config: Config) -> Iterator[KeyProblem]:
    """Everything that contradicts something else, with the key to change."""
    yield from _language_problems(config)
    yield from _corpus_problems(config)
    yield from _suite_problems(config)
    yield from _development_problems(config)
    yield from _group_problems(config)
    yield from _publish_problems(config)
    override_problems = list(_override_problems(config))
    yield from override_problems
    if not override_problems:
        yield from _curriculum_problems(config)
        yield from _floor_problems(config)
        yield from _measurement_problems(config)
        yield from _weight_problems(config)
        yield from _semantic_encoder_problems(config)


def _language_problems(config: Config) -> Iterator[KeyProblem]:
    earlier: list[KeyPath] = []
    for section in ("languages", "control"):
        for code in getattr(config, section):
            path = (section, code)
            yield from _repeated(path, earlier)
            if code == config.pivot:
                yield KeyProblem(
                    path, "the pivot is one side of every pair already; remove it here"
                )
            elif languages.is_variety(code, config.pivot):
                yield KeyProblem(
                    path,
                    f"{code} is {languages.name(config.pivot)}, as the pivot {config.pivot} is, "
                    "which is one side of every pair already; remove it here",
                    ("pivot",),
                )
            earlier.append(path)


def _repeated(path: KeyPath, earlier: list[KeyPath]) -> Iterator[KeyProblem]:
    """The language is listed before, perhaps in another spelling: its text would count twice."""
    code = str(path[-1])
    for other in earlier:
        other_code = str(other[-1])
        if code == other_code:
            yield KeyProblem(
                path,
                f"{code} is also under languages; a control language is not trained. "
                "Remove one of the two",
                other,
            )
        elif languages.is_same(other_code, code):
            yield KeyProblem(
                path, f"{code} and {other_code} are the same language; keep one of the two", other
            )


def _corpus_problems(config: Config) -> Iterator[KeyProblem]:
    for number, corpus in enumerate(config.corpora):
        if isinstance(corpus, LocalCorpus) and not corpus.has_language_info():
            yield KeyProblem(
                ("corpora", number),
                f"the shared corpus {corpus.path or corpus.url} does not say which language it "
                "is: put {lang} into its path or columns.target, set columns.language, or move "
                "it under one language",
            )
    for path, overrides in _overrides_by_path(config):
        if not config.pair_corpora and not overrides.corpora:
            yield KeyProblem(
                path,
                f"{path[-1]} has no corpus: add one to corpora, or to {dotted(path)}.corpora",
            )


def _suite_problems(config: Config) -> Iterator[KeyProblem]:
    suites = config.holdout.suites.values()
    if config.holdout.share == 0 and all(is_disabled(suite) for suite in suites):
        yield KeyProblem(
            ("holdout", "share"),
            "there is nothing to evaluate on: the share is 0 and no suite is enabled",
        )


def _development_problems(config: Config) -> Iterator[KeyProblem]:
    for name, corpus in config.holdout.development.items():
        path = ("holdout", "development", name)
        if name in config.holdout.suites:
            yield KeyProblem(
                path,
                f"{name} is also a suite of the gate; choose by other text, or rename one of them",
                ("holdout", "suites", name),
            )
        if is_disabled(corpus) or not isinstance(corpus, LocalCorpus):
            continue
        several = sum(code in corpus.languages for code in config.measured) > 1
        if several and not corpus.has_language_info():
            yield KeyProblem(
                path,
                f"the suite {corpus.path or corpus.url} does not say which language it is: put "
                "{lang} into its path or columns.target, set columns.language, or name its "
                "language in languages.include",
            )


def _group_problems(config: Config) -> Iterator[KeyProblem]:
    for name, codes in config.compare.groups.items():
        path = ("compare", "groups", name)
        unknown = [code for code in codes if code not in config.measured]
        if unknown:
            yield KeyProblem(
                path,
                f"{', '.join(unknown)}: expected languages of this configuration, which are "
                f"{', '.join(config.measured)}",
            )


def _publish_problems(config: Config) -> Iterator[KeyProblem]:
    if config.publish.onnx is not None and config.encoder.runs_code:
        yield KeyProblem(
            ("publish", "onnx"),
            "an encoder with Python code of its own cannot be exported; remove publish.onnx",
            ("encoder", "trust_remote_code"),
        )


def _override_problems(config: Config) -> Iterator[KeyProblem]:
    """What is wrong only after the overrides of a language are merged into the shared values."""
    for path, overrides in _overrides_by_path(config):
        for key in RUN_WIDE:
            if overrides.gate is not None and key in overrides.gate.model_fields_set:
                yield KeyProblem(
                    (*path, "gate", key),
                    f"{key} holds for all languages together; set gate.{key}",
                )
        for section in ("clean", "triplets", "gate"):
            try:
                merged(getattr(config, section), getattr(overrides, section))
            except ValidationError as error:
                for detail in error.errors():
                    for problem in raised_problems(detail):
                        yield problem._replace(path=(*path, section, *problem.path))


def _curriculum_problems(config: Config) -> Iterator[KeyProblem]:
    if config.train.remine_every is not None:
        return
    if any(config.settings(code).triplets.curriculum for code in config.languages):
        yield KeyProblem(
            ("triplets", "curriculum"),
            "the shares change when negatives are mined again: "
            "set train.remine_every to a number of steps",
        )


def _floor_problems(config: Config) -> Iterator[KeyProblem]:
    """A floor on a suite that nobody measures would never refuse anything."""
    yield from _unknown_suites(config, config.gate, ())
    for path, overrides in _overrides_by_path(config):
        if overrides.gate is not None and "floors" in overrides.gate.model_fields_set:
            yield from _unknown_suites(config, config.settings(str(path[-1])).gate, path)


def _unknown_suites(config: Config, gate: Gate, path: KeyPath) -> Iterator[KeyProblem]:
    suites = [HELDOUT, *config.holdout.suites]
    for name in gate.floors:
        if name not in suites:
            yield KeyProblem(
                (*path, "gate", "floors", name),
                f"there is no suite {name}: expected one of {', '.join(suites)}",
            )


def _measurement_problems(config: Config) -> Iterator[KeyProblem]:
    """The gate asks for what is not measured."""
    for rule in FURTHER_RULES:
        if getattr(config.evaluate, rule):
            continue
        settings = (config.settings(code).gate for code in config.measured)
        if any(getattr(gate, rule) is not None for gate in settings):
            value = "at least one suite" if rule == "retrieval" else "true"
            yield KeyProblem(
                ("gate", rule),
                f"this is not measured: set evaluate.{rule} to {value}, or remove the rule",
            )


def _weight_problems(config: Config) -> Iterator[KeyProblem]:
    if not config.train.weight_by_score:
        return
    if all(config.settings(code).clean.semantic is None for code in config.languages):
        yield KeyProblem(
            ("train", "weight_by_score"),
            "no pair has a score: set clean.semantic to learned, or to measure to drop nothing",
        )


def _semantic_encoder_problems(config: Config) -> Iterator[KeyProblem]:
    if config.semantic_encoder is None:
        return
    if config.semantic_encoder.source == "scratch":
        yield KeyProblem(
            ("semantic_encoder",),
            "an encoder with random weights cannot tell a translation; use a trained one",
        )
    if all(config.settings(code).clean.semantic is None for code in config.languages):
        yield KeyProblem(
            ("semantic_encoder",),
            "nothing is compared with it: set clean.semantic, or remove this key",
        )


def _overrides_by_path(config: Config) -> Iterator[tuple[KeyPath, LanguageOverrides]]:
    """The path of each language and its overrides."""
    for code, overrides in config.languages.items():
        yield ("languages", code), overrides
    for code, overrides in config.control.items():
        yield ("control", code), overrides

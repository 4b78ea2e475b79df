"""Development suites: text that recipes are chosen by, apart from the training and the gate."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from pydantic import ValidationError

from alignment import layout
from alignment.config import Config, Corpus, LanguageOverrides, PrebuiltTripletsCorpus
from alignment.config.corpus_base import LanguageChoice
from alignment.config.problems import validation_problems
from alignment.corpora.read import corpus_values, validated
from alignment.errors import ConfigError, DataError
from alignment.pipeline.workspace import Workspace
from alignment.stages.evaluate import evaluate
from alignment.stages.holdout import HoldoutCounts
from alignment.stages.outcomes import read_answers
from alignment.types import Artifact, Input

OPTION = "--develop"
DECIDES = "development"
"""The mean by which arms are chosen, in tables."""
CONTROL = "control"
"""The mean of the languages that are not trained, in tables."""


def with_development(config: Config, entries: Sequence[str]) -> Config:
    """The configuration with these corpora as development suites, and without training on them.

    Args:
        config: The configuration.
        entries: Names of corpora of the configuration, which are left out of the training text;
            files; or corpora in YAML's flow style.

    Raises:
        ConfigError: if an entry is none of these, a language has no corpus left, or a file does
            not say which language it is.
    """
    if not entries:
        return config
    left_out: set[_Place] = set()
    suites = dict(config.holdout.development)
    for entry in entries:
        corpora = _of_configuration(config, entry)
        left_out.update(corpora)
        for corpus in corpora.values() or [_elsewhere(config, entry)]:
            suites[_unused_name(corpus, suites)] = corpus
    values = {name: getattr(config, name) for name in config.model_fields_set}
    values["corpora"] = _without(config.corpora, "", left_out)
    for section in ("languages", "control"):
        overrides: Mapping[str, LanguageOverrides] = getattr(config, section)
        values[section] = {}
        for code, changes in overrides.items():
            kept = _without(changes.corpora, code, left_out)
            values[section][code] = changes.model_copy(update={"corpora": kept})
    values["holdout"] = config.holdout.model_copy(update={"development": suites})
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(list(validation_problems(error, {(): OPTION}))) from None


_Place = tuple[str, int]
"""A corpus of the configuration: the language that has it, or "" for all, and its position."""


def _of_configuration(config: Config, name: str) -> dict[_Place, Corpus]:
    """The corpora with this name, each for the languages that it is used for."""
    corpora: dict[_Place, Corpus] = {}
    for place, corpus in _placed(config).items():
        if corpus.display_name != name:
            continue
        if isinstance(corpus, PrebuiltTripletsCorpus):
            raise ConfigError(
                f"{name} has prebuilt triplets, and no pairs to measure on",
                where=OPTION,
                hint="Name a corpus of sentence pairs.",
            )
        code = place[0]
        if code:
            corpus = corpus.model_copy(update={"languages": LanguageChoice(include=(code,))})
        corpora[place] = corpus
    return corpora


def _placed(config: Config) -> dict[_Place, Corpus]:
    corpora: dict[_Place, Corpus] = {}
    for number, corpus in enumerate(config.corpora):
        corpora["", number] = corpus
    for code in config.measured:
        for number, corpus in enumerate(config.overrides(code).corpora):
            corpora[code, number] = corpus
    return corpora


def _without(corpora: Sequence[Corpus], code: str, left_out: set[_Place]) -> list[Corpus]:
    return [corpus for number, corpus in enumerate(corpora) if (code, number) not in left_out]


def _elsewhere(config: Config, entry: str) -> Corpus:
    """A file, or a corpus in YAML."""
    is_yaml = entry.lstrip().startswith("{")
    if is_yaml or "{lang}" in entry or Path(entry).exists():
        return validated(corpus_values(entry, OPTION))
    names = sorted({corpus.display_name for corpus in _placed(config).values()})
    raise ConfigError(
        f"got {entry!r}, expected a file or a corpus of the configuration: {', '.join(names)}",
        where=OPTION,
    )


def _unused_name(corpus: Corpus, suites: Mapping[str, Corpus]) -> str:
    """A name for the suite, derived from the corpus's."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", corpus.display_name).strip("._-")[:56] or "suite"
    name = stem
    number = 2
    while name in suites:
        name = f"{stem}-{number}"
        number += 1
    return name


class Development(NamedTuple):
    """What the development suites of a run are."""

    pairs: dict[str, dict[str, int]]
    """By suite and language."""
    in_training: int
    """Sentences of the training text that are in them, which are not trained on."""
    in_suites: int
    """Pairs that were left out of them, because a suite of the gate has one of their sides."""

    @classmethod
    def of(cls, config: Config, holdout: Artifact) -> Development:
        """Read the artifact of `holdout`.

        Raises:
            DataError: if no language that is trained has a pair.
        """
        counts = HoldoutCounts.of(holdout)
        by_language = set().union(*counts.development.values())
        if by_language.isdisjoint(config.trained):
            raise DataError(
                "no development suite has a pair of a language that is trained",
                where="holdout.development",
                hint=f"Add text of one of these: {', '.join(config.trained)}.",
            )
        report = json.loads((holdout.path / layout.CONTAMINATION).read_text())
        in_training = 0
        for leaks in report.values():
            for name, count in leaks["sentences"].items():
                in_training += count * (name.rpartition(":")[0] in counts.development)
        return cls(counts.development, in_training, sum(counts.in_suites.values()))


Scores = dict[str, dict[tuple[str, str], float]]
"""By language and pair (its suite and id): the share of right answers over both directions."""


def measure(config: Config, workspace: Workspace, holdout: Artifact, encoder: Input) -> Scores:
    """The answers of an encoder to the pairs of all development suites."""
    scores: Scores = {}
    for code in config.measured:
        if not layout.suites_of(holdout, code, layout.DEVELOPMENT):
            continue
        artifact = evaluate(
            workspace.store,
            code,
            holdout,
            encoder,
            trust_remote_code=config.encoder.runs_code,
            development=True,
        )
        for suite in layout.evaluated_suites(artifact):
            answers = read_answers(artifact.path / layout.outcomes_file(suite))
            for pair in sorted(answers.pairs()):
                right = answers.forward[pair] + answers.backward[pair]
                scores.setdefault(code, {})[suite, pair] = right / 2
    return scores


def means(config: Config, scores: Scores) -> dict[str, float]:
    """Mean accuracy over the trained languages, over each group, and over the control languages.

    Every language counts the same. A group without pairs is left out.
    """
    accuracy = {code: fmean(pairs.values()) for code, pairs in scores.items()}
    groups = {
        DECIDES: config.trained,
        **config.compare.groups,
        CONTROL: list(config.control),
    }
    result = {}
    for name, codes in groups.items():
        of_group = [accuracy[code] for code in codes if code in accuracy]
        if of_group:
            result[name] = fmean(of_group)
    return result


def by_pair(config: Config, seeds: Sequence[Scores]) -> list[float]:
    """The mean over the seeds for each pair of a trained language, in a fixed order (pairs,)."""
    result = []
    for code in config.trained:
        for pair in seeds[0].get(code, {}):
            result.append(fmean(scores[code][pair] for scores in seeds))
    return result

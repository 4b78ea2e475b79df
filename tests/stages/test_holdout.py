import json
from pathlib import Path
from typing import Any

import pytest

from alignment import layout, tables
from alignment.config import Clean, Holdout
from alignment.context import RunContext
from alignment.errors import Contaminated, EmptyCorpus
from alignment.stages.holdout import HoldoutCounts, holdout
from alignment.types import Artifact
from tests.stages.helpers import pull_tiny

LANGUAGES = ("es", "ru")


def run(context: RunContext, **settings: Any) -> Artifact:
    pulled = pull_tiny(context, *LANGUAGES)
    config = Holdout.model_validate(settings)
    return holdout(context, pulled, config, dict.fromkeys(LANGUAGES, Clean()))


@pytest.fixture
def planted(tmp_path: Path) -> dict[str, Any]:
    """A Spanish suite whose English sentence is also in the Russian corpus, in capitals."""
    path = tmp_path / "suite.tsv"
    path.write_text("en\tes\nTHE CAT SLEEPS ON THE OLD SOFA!!\tEl gato\n")
    columns = {"source": "en", "target": "{lang}"}
    return {"planted": {"kind": "local", "path": path, "license": "MIT", "columns": columns}}


def test_the_split_is_the_same_in_every_language(context: RunContext) -> None:
    artifact = run(context)
    sources = [
        set(layout.read_suite(artifact.path, layout.HELDOUT, language).source)
        for language in LANGUAGES
    ]
    assert len(sources[0]) >= 15
    assert sources[0] == sources[1]
    counts = HoldoutCounts.of(artifact)
    assert counts.suites == {"heldout": {"es": len(sources[0]), "ru": len(sources[1])}}


def test_max_pairs_shrinks_the_suite_but_not_the_split(context: RunContext) -> None:
    whole = run(context)
    small = run(context, max_pairs=8)
    few = set(layout.read_suite(small.path, layout.HELDOUT, "es").source)
    assert 0 < len(few) < 24
    assert few < set(layout.read_suite(whole.path, layout.HELDOUT, "es").source)


def test_suites_of_a_language(context: RunContext, planted: dict[str, Any]) -> None:
    artifact = run(context, suites=planted)
    assert layout.suites_of(artifact, "es") == ["heldout", "planted"]
    assert layout.suites_of(artifact, "ru") == ["heldout"]


def test_leaks_are_blocked_in_every_language(
    context: RunContext, tmp_path: Path, planted: dict[str, Any]
) -> None:
    pulled = pull_tiny(context, *LANGUAGES)
    english = tables.read_columns(pulled["ru"].path / layout.PAIRS, "source")[0]
    (tmp_path / "suite.tsv").write_text(f"en\tes\n{english[5].upper()}!!\tEl gato\n")
    artifact = run(context, share=0, suites=planted)
    report = json.loads((artifact.path / layout.CONTAMINATION).read_text())
    for language in LANGUAGES:
        assert report[language]["sentences"] == {"planted:es": 1}
        assert report[language]["examples"] == {"planted:es": [english[5]]}
        assert tables.count_rows(artifact.path / layout.blocked_file(language)) == 1
    assert HoldoutCounts.of(artifact).blocked == {"es": 1, "ru": 1}


def test_leaks_can_be_refused(context: RunContext, tmp_path: Path, planted: dict[str, Any]) -> None:
    pulled = pull_tiny(context, "ru")
    english = tables.read_columns(pulled["ru"].path / layout.PAIRS, "source")[0]
    (tmp_path / "suite.tsv").write_text(f"en\tes\n{english[5]}\tEl gato\n")
    with pytest.raises(Contaminated, match="ru: 1 sentences of planted:es") as caught:
        run(context, share=0, suites=planted, contamination="refuse")
    assert "Set it to `remove`" in str(caught.value.hint)


def test_a_suite_without_pairs(context: RunContext, planted: dict[str, Any]) -> None:
    planted["planted"]["path"].write_text("en\tfi\nx\ty\n")
    with pytest.raises(EmptyCorpus, match="no suite has any pair"):
        run(context, share=0, suites=planted)

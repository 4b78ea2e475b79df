import json
from pathlib import Path
from typing import Any

import pytest

from alignment import layout, tables
from alignment.config import Clean, Holdout, RetrievalSuite
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


def write_retrieval(root: Path, queries: list[str]) -> dict[str, RetrievalSuite]:
    """A suite of Spanish queries, whose only document answers all of them."""
    (root / "qrels").mkdir(parents=True)
    (root / "corpus.jsonl").write_text(json.dumps({"_id": "d", "text": "The cat sleeps."}))
    lines = [json.dumps({"_id": f"q{i}", "text": text}) for i, text in enumerate(queries)]
    (root / "queries.jsonl").write_text("\n".join(lines))
    judgments = [f"q{i}\td\t1\n" for i in range(len(queries))]
    (root / "qrels" / "test.tsv").write_text("".join(judgments))
    return {"help": RetrievalSuite(path=root, language="es")}


def test_queries_of_retrieval_suites_are_blocked(context: RunContext, tmp_path: Path) -> None:
    pulled = pull_tiny(context, *LANGUAGES)
    limits = dict.fromkeys(LANGUAGES, Clean())
    trained = tables.read_columns(pulled["es"].path / layout.PAIRS, "target")[0]
    query = next(text for text in trained if len(text) > 20)
    suites = write_retrieval(tmp_path / "help", [query.upper(), "¿Dónde está la llave?"])
    # Nothing else is held out, so that everything that is blocked is blocked by the queries.
    path = tmp_path / "other.tsv"
    path.write_text("source\ttarget\nThe court finds for him.\tEl tribunal falla a su favor.\n")
    other = {"other": {"kind": "local", "path": path, "license": "MIT"}}
    config = Holdout.model_validate({"share": 0, "suites": other})
    plain = holdout(context, pulled, config, limits)
    artifact = holdout(context, pulled, config, limits, suites)
    counts = HoldoutCounts.of(artifact)
    assert counts.queries == {"help": {"es": 2}}
    assert HoldoutCounts.of(plain).blocked == {"es": 0, "ru": 0}
    assert counts.blocked["es"] >= 1
    assert layout.suites_of(artifact, "es") == layout.suites_of(plain, "es") == ["other"]
    assert layout.suites_of(artifact, "es", layout.QUERIES) == ["help"]
    contamination = json.loads((artifact.path / layout.CONTAMINATION).read_text())
    assert "help:es" in contamination["es"]["sentences"]
    refused = config.model_copy(update={"contamination": "refuse"})
    with pytest.raises(Contaminated, match="sentences of help:es"):
        holdout(context, pulled, refused, limits, suites)


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


@pytest.fixture
def court(tmp_path: Path) -> dict[str, Any]:
    """A development suite of two languages; its first sentence is in the tiny corpus."""
    path = tmp_path / "court.tsv"
    columns = {"source": "en", "target": "{lang}"}
    rows = [
        ("My mother drinks hot tea in the morning.", "El gato", "Кот"),
        ("The court finds for the claimant.", "El tribunal falla a favor", "Суд решил"),
        ("The appeal was dismissed.", "El recurso fue desestimado", "Жалоба отклонена"),
    ]
    lines = ["\t".join(row) for row in [("en", "es", "ru"), *rows]]
    path.write_text("\n".join(lines) + "\n")
    return {"court": {"kind": "local", "path": path, "license": "MIT", "columns": columns}}


def test_development_text_is_not_trained_on(context: RunContext, court: dict[str, Any]) -> None:
    plain = run(context, share=0, suites=court)
    artifact = run(context, share=0, suites=elsewhere(court), development=court)
    assert layout.suites_of(artifact, "es") == ["elsewhere"]
    assert layout.suites_of(artifact, "es", layout.DEVELOPMENT) == ["court"]
    counts = HoldoutCounts.of(artifact)
    assert counts.development == {"court": {"es": 3, "ru": 3}}
    assert counts.blocked == {"es": 1, "ru": 1}, "as for a suite of the gate"
    assert counts.blocked == HoldoutCounts.of(plain).blocked
    report = json.loads((artifact.path / layout.CONTAMINATION).read_text())
    assert report["es"]["examples"] == {"court:es": ["My mother drinks hot tea in the morning."]}


def test_development_text_in_training_can_be_refused(
    context: RunContext, court: dict[str, Any]
) -> None:
    with pytest.raises(Contaminated, match="es: 1 sentences of court:es, such as 'My mother"):
        run(
            context,
            share=0,
            suites=elsewhere(court),
            development=court,
            contamination="refuse",
        )


def elsewhere(court: dict[str, Any]) -> dict[str, Any]:
    """A suite of the gate that shares nothing with the development suite."""
    path = court["court"]["path"].with_name("elsewhere.tsv")
    path.write_text("en\tes\nSomething else entirely happened.\tPasó algo distinto\n")
    return {"elsewhere": {**court["court"], "path": path}}


def planted_in(court: dict[str, Any], *rows: tuple[str, str]) -> dict[str, Any]:
    suites = elsewhere(court)
    lines = ["\t".join(row) for row in [("en", "es"), *rows]]
    suites["elsewhere"]["path"].write_text("\n".join(lines) + "\n")
    return suites


def test_the_gate_s_text_is_not_chosen_by(context: RunContext, court: dict[str, Any]) -> None:
    """Not in any language: the Spanish suite gives away the Russian pair by its English side."""
    suites = planted_in(court, ("THE APPEAL WAS DISMISSED", "otra cosa"))
    artifact = run(context, share=0, suites=suites, development=court)
    counts = HoldoutCounts.of(artifact)
    assert counts.development == {"court": {"es": 2, "ru": 2}}
    assert counts.in_suites == {"court": 2}
    assert "The appeal was dismissed." not in read_development(artifact, "ru")
    with pytest.raises(Contaminated, match="2 pairs of the development suite are also in suites"):
        run(context, share=0, suites=suites, development=court, contamination="refuse")


def read_development(artifact: Artifact, language: str) -> list[str]:
    return layout.read_suite(artifact.path, "court", language, layout.DEVELOPMENT).source


def test_a_development_suite_that_is_the_gate_s(context: RunContext, court: dict[str, Any]) -> None:
    with pytest.raises(EmptyCorpus, match="all 6 pairs of the development suite are also in"):
        run(context, share=0, suites={"gate": court["court"]}, development=court)


def test_a_development_suite_without_pairs(context: RunContext, court: dict[str, Any]) -> None:
    suites = elsewhere(court)
    court["court"]["languages"] = {"include": ["cy"]}
    with pytest.raises(EmptyCorpus, match="has no pair in any language of this config") as caught:
        run(context, share=0, suites=suites, development=court)
    assert caught.value.where == "holdout.development.court"


def test_a_development_suite_has_at_most_max_pairs(
    context: RunContext, court: dict[str, Any]
) -> None:
    suites = elsewhere(court)
    few = run(context, share=0, suites=suites, development=court, max_pairs=2)
    assert HoldoutCounts.of(few).development == {"court": {"es": 2, "ru": 2}}
    court["court"]["max_pairs"] = 3
    all_of_them = run(context, share=0, suites=suites, development=court, max_pairs=2)
    assert HoldoutCounts.of(all_of_them).development == {"court": {"es": 3, "ru": 3}}


def test_without_development_suites_the_key_is_as_before(context: RunContext) -> None:
    config = run(context).path / "manifest.json"
    assert "development" not in json.loads(config.read_text())["config"]

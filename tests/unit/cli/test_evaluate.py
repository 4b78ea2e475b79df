"""`alignment evaluate`: measure any encoder on parallel text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import alignment
from tests.support import TINY, line_with, run_here

SUITE = f'{{kind: local, path: "{TINY}", columns: {{source: en, target: "{{lang}}"}}}}'
CHAMPION = "smoke@champion"


def base_encoder(workspace: Path) -> Path:
    """The directory of the encoder that the finished run started from."""
    (path,) = workspace.glob("store/encoder/*/model")
    return path


def test_json_has_the_accuracy_that_the_api_measures(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("evaluate", CHAMPION, "--suite", SUITE, "--language", "es", "--json")
    assert run_here(*asked, workspace=finished) == 0
    scores = json.loads(capsys.readouterr().out)["smoke v1"]["es"]
    corpus = {
        "kind": "local",
        "path": str(TINY),
        "columns": {"source": "en", "target": "es"},
    }
    pairs = list(
        dict.fromkeys((pair.source, pair.target) for pair in alignment.read_pairs(corpus, "es"))
    )
    encoder = alignment.load_encoder(finished / "registry" / "smoke" / "champion")
    expected = alignment.evaluate(encoder, {"es": pairs})
    assert scores["pairs"] == len(pairs)
    assert scores["accuracy"] == pytest.approx(expected.mean)
    assert scores["from_pivot"]["accuracy"] == pytest.approx(expected.languages["es"].forward)
    assert scores["to_pivot"]["f1"] > 0.9


def test_two_encoders_are_compared_on_the_same_pairs(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("evaluate", CHAMPION, "--suite", SUITE, "--language", "es", "--language", "ru")
    against = ("--against", base_encoder(finished))
    assert run_here(*asked, *against, workspace=finished) == 0
    printed = capsys.readouterr().out
    assert "model -> smoke v1: acc@1 in %" in printed
    assert line_with("mean change +", printed)
    assert line_with("mean of 2 languages", printed)


def test_mteb_s_format(finished: Path, tmp_path: Path) -> None:
    output = tmp_path / "Tatoeba.json"
    asked = ("evaluate", CHAMPION, "--suite", SUITE, "--language", "ja", "--mteb", output)
    assert run_here(*asked, workspace=finished) == 0
    content = json.loads(output.read_text())
    (scores,) = content["scores"]["test"]
    assert content["task_name"] == "Tatoeba"
    assert scores["hf_subset"] == "jpn-eng"
    assert scores["languages"] == ["jpn-Jpan", "eng-Latn"]
    assert scores["main_score"] == scores["f1"] <= scores["accuracy"] == scores["recall"]
    assert run_here(*asked, "--mteb-task", "Mine", workspace=finished) == 0
    assert json.loads(output.read_text())["task_name"] == "Mine"


def test_the_mixed_pool_is_in_the_json_too(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("evaluate", CHAMPION, "--suite", SUITE, "--language", "es", "--language", "ru")
    assert run_here(*asked, "--mixed-pool", "--json", workspace=finished) == 0
    scores = json.loads(capsys.readouterr().out)["smoke v1"]
    assert set(scores) == {"es", "ru", "en"}
    assert scores["en"]["mixed_pool"]["queries"] > 0
    assert 0 < scores["es"]["mixed_pool"]["accuracy"] <= scores["es"]["mixed_pool"]["recall"] <= 1


def test_the_hard_pool_is_printed_and_in_the_json(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("evaluate", CHAMPION, "--suite", SUITE, "--language", "es", "--hard-pool")
    assert run_here(*asked, workspace=finished) == 0
    printed = capsys.readouterr().out
    assert "pool with altered copies" in printed
    assert line_with("es, to pivot", printed)
    assert run_here(*asked, "--json", workspace=finished) == 0
    scores = json.loads(capsys.readouterr().out)["smoke v1"]["es"]
    to_pivot = scores["hard_pool"]["to_pivot"]
    assert to_pivot["copies"] > 10
    assert to_pivot["accuracy"] <= to_pivot["plain_accuracy"]
    assert to_pivot["plain_accuracy"] == scores["to_pivot"]["accuracy"]
    assert sum(to_pivot["errors"].values()) == pytest.approx(1 - to_pivot["accuracy"])


def write_retrieval_suite(root: Path) -> str:
    (root / "qrels").mkdir(parents=True)
    texts = ["El archivo es nuevo.", "Cancelar", "Abrir la puerta"]
    lines = [json.dumps({"_id": f"t{i}", "text": text}) for i, text in enumerate(texts)]
    (root / "corpus.jsonl").write_text("\n".join(lines))
    (root / "queries.jsonl").write_text("\n".join(lines))
    (root / "qrels" / "test.tsv").write_text("t0\tt0\t1\nt1\tt1\t1\n")
    return f"{{kind: retrieval, path: {root}, language: es}}"


def test_queries_and_documents(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = write_retrieval_suite(tmp_path / "suite")
    asked = ("evaluate", CHAMPION, "--suite", suite)
    assert run_here(*asked, "--json", workspace=finished) == 0
    scores = json.loads(capsys.readouterr().out)["smoke v1"]["es"]
    assert (scores["queries"], scores["unjudged_queries"], scores["documents"]) == (2, 1, 3)
    # A query finds a document that is equal to it.
    assert scores["ndcg@10"] == scores["recall@100"] == scores["mrr@10"] == 1.0
    assert run_here(*asked, "--against", base_encoder(finished), workspace=finished) == 0
    printed = capsys.readouterr().out
    assert "queries to documents, in %" in printed
    assert "paired bootstrap" in printed
    assert "left out: 1 query without judgments" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--hard-pool",), "--hard-pool"),
        (("--language", "fi"), "no queries in fi"),
    ],
)
def test_what_a_retrieval_suite_does_not_have(
    finished: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    suite = write_retrieval_suite(tmp_path / "suite")
    asked = ("evaluate", CHAMPION, "--suite", suite, *arguments)
    assert run_here(*asked, workspace=finished) in (1, 2)
    assert message in capsys.readouterr().err


def test_two_directories_of_one_name_keep_their_scores(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    shutil.copytree(base_encoder(finished), tmp_path / "other" / "model")
    models = (base_encoder(finished), "--against", tmp_path / "other" / "model")
    asked = ("evaluate", *models, "--suite", SUITE, "--language", "es", "--json")
    assert run_here(*asked, workspace=finished) == 0
    by_encoder = json.loads(capsys.readouterr().out)
    assert set(by_encoder) == {str(models[0]), str(models[2])}


def test_scores_are_printed_although_the_file_cannot_be_written(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("evaluate", CHAMPION, "--suite", SUITE, "--language", "es")
    output = tmp_path / "missing" / "scores.json"
    assert run_here(*asked, "--mteb", output, workspace=finished) == 2
    printed = capsys.readouterr()
    assert "bitext retrieval in %" in printed.out
    assert f"{output}: cannot write the scores" in printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", "--suite", SUITE), "'nowhere' is not an encoder"),
        (("smoke@v9", "--suite", SUITE), "v9"),
        ((CHAMPION, "--suite", "{kind: local, pth: x}"), "pth"),
        ((CHAMPION, "--suite", "{kind: local"), "not valid YAML"),
        ((CHAMPION, "--suite", "{kind: nope}"), "expected one of"),
        ((CHAMPION, "--suite", "{kind: retrieval, pth: x}"), "pth"),
        ((CHAMPION, "--suite", "{kind: retrieval, path: x}"), "put {lang} into the path"),
        ((CHAMPION, "--suite", "{" * 5000), "--suite"),
        ((CHAMPION, "--suite", "{kind: local, kind: local}"), "kind"),
        ((CHAMPION, "--suite", SUITE, "--language", "zz"), "zz"),
        ((CHAMPION, "--suite", SUITE, "--language", "cy"), "no pairs in cy"),
    ],
)
def test_bad_arguments(
    finished: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    assert run_here("evaluate", *arguments, workspace=finished) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error

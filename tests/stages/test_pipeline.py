"""The production command on the tiny corpus: a run, reruns, changes, kills and bad input."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from alignment import layout, tables
from alignment.cleaning.normalize import comparable
from alignment.manifests import read_manifest
from alignment.registry import Registry
from alignment.stages.train import TrainCounts
from alignment.store import load_artifact, verify
from alignment.types import Artifact
from tests.support import ROOT, SMOKE, TINY, Cli, run_here

STAGES = [
    "pull",
    "holdout",
    "clean",
    "encoder",
    "check",
    "embed",
    "mine",
    "triplets",
    "tokenize",
    "train",
    "evaluate",
    "gate",
]
Done = subprocess.CompletedProcess[str]


def summary(workspace: Path) -> dict[str, Any]:
    """`summary.json` of the last run."""
    last = max((workspace / "runs").glob("[!.]*"), key=lambda path: path.name)
    content: dict[str, Any] = json.loads((last / "summary.json").read_text())
    return content


def rebuilt(workspace: Path) -> list[str]:
    """`stage language` of what the last run built instead of reusing it."""
    stages = summary(workspace)["stages"]
    return [f"{stage['stage']} {stage['label']}".strip() for stage in stages if not stage["reused"]]


def built(workspace: Path, *stages: str) -> dict[tuple[Path, int], str]:
    """The label of every artifact of these stages, by its directory and when it was written."""
    labels = {}
    for stage in stages:
        for path in workspace.glob(f"store/{stage}/*/manifest.json"):
            labels[path.parent, path.stat().st_mtime_ns] = read_manifest(path.parent)["label"]
    return labels


def artifacts(workspace: Path, stage: str) -> list[Artifact]:
    """The artifacts of a stage in the last run, in order."""
    return [
        load_artifact(workspace / "store" / stage / record["key"])
        for record in summary(workspace)["stages"]
        if record["stage"] == stage
    ]


def run(cli: Cli, workspace: Path, *overrides: str, env: dict[str, str] | None = None) -> Done:
    settings = [part for override in overrides for part in ("--set", override)]
    return cli("run", SMOKE, "--workspace", workspace, *settings, env=env)


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished workspace that a test may change."""
    shutil.copytree(finished, tmp_path / "w", symlinks=True)
    return tmp_path / "w"


class TestFinishedRun:
    def test_it_is_approved(self, finished: Path) -> None:
        result = summary(finished)
        assert result["verdict"] == "approved"
        assert result["version"] == result["champion"] == "v1"
        assert list(dict.fromkeys(stage["stage"] for stage in result["stages"])) == STAGES
        for language in result["languages"].values():
            suite = language["suites"]["heldout"]
            assert suite["after"]["mean"] > suite["before"]["mean"] + 0.3
            assert suite["n"] >= 15

    def test_rows_add_up(self, finished: Path) -> None:
        for rows in summary(finished)["rows"].values():
            assert rows["kept"] + sum(rows["dropped"].values()) == rows["pulled"] == 120
            assert 0 < rows["triplets"] <= 2 * rows["kept"]
            assert rows["triplets_seen"] > 0

    def test_the_summary_follows_its_schema(self, finished: Path, cli: Cli) -> None:
        schema = cli("schema", "--summary")
        jsonschema.validate(summary(finished), json.loads(schema.stdout))

    def test_artifacts_are_complete(self, finished: Path) -> None:
        manifests = list(finished.glob("store/*/*/manifest.json"))
        assert len(manifests) >= 14
        for manifest in manifests:
            verify(load_artifact(manifest.parent))
        assert not list((finished / "store" / "tmp").iterdir())

    def test_no_suite_is_trained_on(self, finished: Path) -> None:
        evaluated: set[str] = set()
        for path in finished.glob("store/holdout/*/suites/*/*.parquet"):
            for side in tables.read_columns(path, "source", "target"):
                evaluated.update(comparable(text) for text in side)
        assert len(evaluated) > 60
        for row in self.triplets(finished):
            texts = {comparable(row[side]) for side in ("anchor", "positive", "negative")}
            assert not texts & evaluated

    def test_no_negative_is_a_translation(self, finished: Path) -> None:
        rows = self.triplets(finished)
        assert len(rows) > 300
        translations = {(comparable(row["anchor"]), comparable(row["positive"])) for row in rows}
        for row in rows:
            assert (comparable(row["anchor"]), comparable(row["negative"])) not in translations
            assert row["group"] != row["negative_group"]
            assert row["chrf"] is None or row["chrf"] <= 60

    def triplets(self, workspace: Path) -> list[dict[str, Any]]:
        (path,) = workspace.glob(f"store/triplets/*/{layout.TRIPLETS}")
        return list(tables.read(path))

    def test_sentence_transformers_gives_our_vectors(self, finished: Path, cli: Cli) -> None:
        from sentence_transformers import SentenceTransformer

        texts = ["The doctor drinks hot tea in the morning.", "医者は朝に熱いお茶を飲みます。"]
        done = cli("encode", *texts, "--workspace", finished)
        assert done.returncode == 0, done.stderr
        ours = np.array([json.loads(line)["vector"] for line in done.stdout.splitlines()])
        champion = finished / "registry" / "smoke" / "champion"
        theirs = SentenceTransformer(str(champion), device="cpu").encode(texts)
        assert np.allclose(ours, theirs, atol=1e-4)

    def test_show_lists_the_stages(self, finished: Path, new_process: Cli) -> None:
        shown = new_process("show", "--workspace", finished)
        assert "Approved" in shown.stdout
        assert "triplets" in shown.stdout

    def test_explain_prints_the_lineage(self, finished: Path, cli: Cli) -> None:
        (triplets,) = artifacts(finished, "triplets")
        explained = cli("explain", triplets.key[:12], "--verify", "--workspace", finished)
        assert "first time" in explained.stdout
        assert "mine:ja" in explained.stdout
        assert "pull" in explained.stdout

    def test_languages_have_their_pairs(self, finished: Path, cli: Cli) -> None:
        listed = cli("languages", "list", SMOKE, "--workspace", finished)
        assert "Japanese" in listed.stdout
        assert "120" in listed.stdout

    def test_the_registry_has_one_version(self, finished: Path, cli: Cli) -> None:
        versions = cli("registry", "list", "--workspace", finished)
        assert "champion" in versions.stdout
        assert "v1" in versions.stdout
        assert cli("rollback", "--workspace", finished).returncode == 1


class TestRerun:
    def test_every_stage_is_reused(self, copied: Path, new_process: Cli) -> None:
        done = run(new_process, copied, env={"PYTHONPROFILEIMPORTTIME": "1"})
        assert done.returncode == 0, done.stderr
        assert rebuilt(copied) == []
        assert summary(copied)["champion"] == "v1"
        # The libraries that take seconds to import.
        assert not re.findall(r"\| +(torch|transformers|sentence_transformers)$", done.stderr, re.M)

    @pytest.mark.slow
    def test_a_changed_language_rebuilds_what_depends_on_it(
        self, copied: Path, new_process: Cli
    ) -> None:
        done = run(new_process, copied, "languages.ru.clean.max_chars=50")
        assert done.returncode == 0, done.stdout + done.stderr
        stages = rebuilt(copied)
        assert {"clean ru", "triplets", "train", "gate"} <= set(stages)
        # A scratch encoder's tokenizer is trained on all text, so `mine` is rebuilt everywhere.
        data_stages = [stage for stage in stages if stage.startswith(("pull ", "clean "))]
        assert data_stages == ["clean ru"]

    def test_another_share_of_the_base_needs_no_training(self, copied: Path) -> None:
        settings = ("--set", "train.average_with_base=0.3", "--set", "gate.floor=0.999")
        assert run_here("run", SMOKE, *settings, workspace=copied) == 3
        stages = rebuilt(copied)
        assert stages[0] == "average"
        assert set(stages[1:]) <= {"evaluate es", "evaluate ja", "evaluate ru", "gate"}
        (average,) = artifacts(copied, "average")
        candidate = average.directory(layout.MODEL).digest
        manifests = [read_manifest(artifact.path) for artifact in artifacts(copied, "evaluate")]
        evaluated = [manifest["inputs"]["encoder"]["digest"] for manifest in manifests]
        assert evaluated.count(candidate) == 3
        assert summary(copied)["averaging"]["share"] == 0.3
        page = (copied / "runs" / summary(copied)["run"] / layout.REPORT).read_text()
        assert "Averaged with the base encoder" in page
        assert "70% the trained ones and 30% those of the base encoder" in page
        # The mean is also what an override deploys, and not what was trained.
        promote = ("registry", "promote", "smoke", summary(copied)["run"])
        override = ("--override", "--reason", "a test", "--by", "ana")
        assert run_here(*promote, *override, workspace=copied) == 0
        champion = Registry(copied / "registry", "smoke").champion()
        assert champion is not None
        assert champion.digest == candidate
        digests = {}
        for code, language in summary(copied)["languages"].items():
            digests[f"{code}/heldout"] = language["suites"]["heldout"]["digest"]
        assert champion.manifest["suites"] == digests
        assert "type: BitextMining" in (champion.path / "README.md").read_text()

    def test_a_new_language_is_pulled_and_cleaned_alone(self, tmp_path: Path, cli: Cli) -> None:
        command = ("clean", SMOKE, "--workspace", tmp_path)
        assert cli(*command, "--set", "languages={es: {}, ru: {}}").returncode == 0
        before = built(tmp_path, "pull", "clean")
        assert cli(*command).returncode == 0
        after = built(tmp_path, "pull", "clean")
        assert before.items() <= after.items()
        assert sorted(after[path] for path in after.keys() - before.keys()) == ["ja", "ja"]

    @pytest.mark.slow
    def test_a_new_language_runs_its_own_data_stages(
        self, tmp_path: Path, new_process: Cli
    ) -> None:
        workspace = tmp_path / "two"
        done = run(new_process, workspace, "train.steps=0", "languages={es: {}, ru: {}}")
        assert done.returncode == 3, done.stdout + done.stderr
        done = run(new_process, workspace, "train.steps=0")
        assert done.returncode == 3, done.stdout + done.stderr
        data_stages = [
            stage for stage in rebuilt(workspace) if stage.startswith(("pull ", "clean "))
        ]
        assert sorted(data_stages) == ["clean ja", "pull ja"]

    @pytest.mark.slow
    def test_the_semantic_filter_reads_the_stored_vectors(
        self, copied: Path, new_process: Cli
    ) -> None:
        settings = ("clean.semantic=learned", "train.weight_by_score=true", "train.steps=0")
        done = run(new_process, copied, *settings)
        assert done.returncode == 3, done.stdout + done.stderr
        stages = rebuilt(copied)
        assert {"semantic es", "semantic ru", "semantic ja", "mine es", "triplets"} <= set(stages)
        assert not [stage for stage in stages if stage.startswith(("clean ", "embed "))]
        for rows in summary(copied)["rows"].values():
            assert rows["kept"] + sum(rows["dropped"].values()) == rows["pulled"]
        shown = new_process("show", "--workspace", copied)
        assert shown.stdout.count("left alone: too few pairs") == 3

    @pytest.mark.slow
    def test_another_encoder_scores_the_pairs(self, copied: Path, new_process: Cli) -> None:
        (trained,) = artifacts(copied, "train")
        other = f"semantic_encoder={{source: local, path: {trained.path / layout.MODEL}}}"
        settings = ("clean.semantic=learned", other, "train.steps=0")
        done = run(new_process, copied, *settings)
        assert done.returncode == 3, done.stdout + done.stderr
        stages = rebuilt(copied)
        assert {"semantic_encoder", "embed es", "semantic es", "mine es"} <= set(stages)
        again = run(new_process, copied, *settings)
        assert again.returncode == 3, again.stdout + again.stderr
        assert not {"semantic_encoder", "embed es", "semantic es"} & set(rebuilt(copied))

    @pytest.mark.slow
    def test_an_untrained_candidate_is_rejected(self, copied: Path, new_process: Cli) -> None:
        done = run(new_process, copied, "train.steps=0")
        assert done.returncode == 3, done.stdout + done.stderr
        assert "Rejected" in done.stdout
        assert "below the floor" in done.stdout
        assert summary(copied)["verdict"] == "rejected"
        assert summary(copied)["champion"] == "v1"
        assert [path.name for path in (copied / "registry" / "smoke").glob("v*")] == ["v1"]

    @pytest.mark.slow
    def test_equal_input_gives_equal_triplets(
        self, finished: Path, tmp_path: Path, new_process: Cli
    ) -> None:
        other = tmp_path / "w"
        assert run(new_process, other, "train.steps=0").returncode == 3
        for stage in ("pull", "holdout", "clean", "embed", "mine", "triplets"):
            expected = {artifact.key: artifact.files for artifact in artifacts(finished, stage)}
            assert expected == {a.key: a.files for a in artifacts(other, stage)}, stage


KILLER = """
import os, signal, sys
from alignment.store import Store
import alignment.stages.train as train, alignment.registry.directory as directory

where = os.environ["KILL_IN"]

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

make = Store._make
def dying_make(self, stage, key, work, manifest):
    def then_die(out):
        work(out)
        kill()  # everything is written, nothing is renamed yet
    dies = f"{stage} {manifest['label']}".strip() == where
    return make(self, stage, key, then_die if dies else work, manifest)
Store._make = dying_make

launch = train.launch
def dying_launch(job, on_step):
    def step(metrics):
        on_step(metrics)
        if where == "train step" and metrics.step >= 30:
            kill()
    launch(job, step)
train.launch = dying_launch

move = directory.DirectoryBackend.move
def dying_move(self, *arguments):
    if where == "publish before":
        kill()
    move(self, *arguments)
    if where == "publish after":
        kill()
directory.DirectoryBackend.move = dying_move

sys.argv = ["alignment", *sys.argv[1:]]
from alignment.cli import main
main()
"""
KILLED_IN = [
    "pull ru",
    "holdout",
    "clean ja",
    "encoder",
    "check ja",
    "embed ru",
    "semantic ru",
    "mine es",
    "triplets",
    "tokenize",
    "train step",
    "train",
    "average",
    "evaluate ru",
    "gate",
    "publish before",
    "publish after",
    "report",
]


KILLED_SETTINGS = ("train.average_with_base=0.1", "clean.semantic=learned")
"""Without them the stages `average` and `semantic` do not run."""


def run_and_kill(workspace: Path, where: str, settings: Sequence[str]) -> Done:
    command = ["run", str(SMOKE), "--workspace", str(workspace)]
    for setting in settings:
        command += ["--set", setting]
    return subprocess.run(
        [sys.executable, "-c", KILLER, *command],
        env={**os.environ, "KILL_IN": where, "CI": "true"},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=200,
        check=False,
    )


def assert_resumed(
    cli: Cli, workspace: Path, places: Sequence[str], settings: Sequence[str], name: str
) -> None:
    """Kill a run in one place after another: what was finished is never rebuilt."""
    finished: dict[Path, int] = {}
    for where in places:
        done = run_and_kill(workspace, where, settings)
        output = f"{where}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert done.returncode == -signal.SIGKILL, output
        manifests = workspace.glob("store/*/*/manifest.json")
        present = {path: path.stat().st_mtime_ns for path in manifests}
        for path in present:
            verify(load_artifact(path.parent))
        assert finished.items() <= present.items(), f"{where}: a finished artifact was rebuilt"
        finished = present
        champion = Registry(workspace / "registry", name).champion()
        assert (champion is not None) == (where in ("publish after", "report"))
        if where == "train step":
            checkpoints = list(workspace.glob("store/scratch/*/checkpoints/checkpoint-*"))
            assert checkpoints, "there is no checkpoint to resume from"
    last = run(cli, workspace, *settings)
    assert last.returncode == 0, last.stdout + last.stderr
    assert rebuilt(workspace) == []
    assert summary(workspace)["champion"] == "v1"
    assert not list((workspace / "store" / "scratch").iterdir())
    (trained,) = artifacts(workspace, "train")
    assert "resuming from checkpoint-" in (trained.path / "train.log").read_text()


@pytest.mark.slow
def test_a_run_killed_in_every_stage_resumes(tmp_path: Path, new_process: Cli) -> None:
    assert_resumed(new_process, tmp_path / "w", KILLED_IN, KILLED_SETTINGS, "smoke")


def test_a_run_killed_in_training_and_before_publishing_resumes(
    copied: Path, new_process: Cli
) -> None:
    """Of a workspace with all data, because what comes before training takes longer."""
    places = ("train step", "publish before")
    settings = ("name=killed", "train.steps=50")
    assert_resumed(new_process, copied, places, settings, "killed")


class TestBadInput:
    """Each mistake is one error without a traceback, and nothing is published."""

    def error(self, cli: Cli, workspace: Path, *overrides: str) -> str:
        done = run(cli, workspace, *overrides)
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stderr.startswith("error: ")
        assert "Traceback" not in done.stderr
        assert not (workspace / "registry").exists()
        assert not list(workspace.glob("store/tmp/*"))
        return done.stderr

    def test_a_language_that_no_corpus_has(self, cli: Cli, tmp_path: Path) -> None:
        error = self.error(cli, tmp_path, "languages={cy: {}, es: {}}")
        assert "no corpus has Welsh" in error
        assert "tiny has" in error

    def test_two_failing_languages_are_both_named(self, cli: Cli, tmp_path: Path) -> None:
        error = self.error(cli, tmp_path, "languages={cy: {}, ga: {}, es: {}}")
        assert "pull failed for 2 languages" in error
        assert "Welsh" in error
        assert "Irish" in error

    def test_nothing_left_after_cleaning(self, new_process: Cli, tmp_path: Path) -> None:
        error = self.error(new_process, tmp_path, "languages.ja.clean.min_words=50")
        assert "none of the 120 pairs is left after cleaning" in error
        assert "too_few_words" in error

    def test_a_suite_equal_to_the_corpus(self, cli: Cli, tmp_path: Path) -> None:
        suite = f"{{kind: local, path: {TINY}, license: Apache-2.0, {columns_of_tiny()}}}"
        error = self.error(cli, tmp_path, f"holdout.suites.extra={suite}", "holdout.share=0")
        assert error.count("contaminated 120") == 3

    def test_a_suite_that_is_too_small(self, cli: Cli, tmp_path: Path) -> None:
        error = self.error(cli, tmp_path, "gate.min_queries=500")
        assert re.search(r"has \d\d pairs, but the gate needs 500", error)
        assert not (tmp_path / "store/train").exists()  # found before anything is trained

    def test_a_malformed_line(self, cli: Cli, tmp_path: Path) -> None:
        broken = tmp_path / "broken.tsv"
        broken.write_text(TINY.read_text() + "one cell only\n")
        error = self.error(cli, tmp_path / "w", f"corpora.0.path={broken}")
        assert "broken.tsv:122: got 1 columns, expected 4" in error

    def test_a_missing_encoder(self, cli: Cli, tmp_path: Path) -> None:
        nothing = tmp_path / "nothing"
        error = self.error(cli, tmp_path / "w", f"encoder={{source: local, path: {nothing}}}")
        assert "there is no such encoder directory" in error

    @pytest.mark.slow
    def test_a_loss_that_is_not_finite(self, new_process: Cli, tmp_path: Path) -> None:
        error = self.error(
            new_process,
            tmp_path,
            "train.learning_rate=1e30",
            "train.max_grad_norm=1e30",
            "train.precision=fp32",
        )
        assert "the loss is nan at step" in error or "apart at step" in error

    def test_a_refused_license(self, cli: Cli, tmp_path: Path) -> None:
        error = self.error(cli, tmp_path, "licenses.allow=[MIT]")
        assert "tiny has Apache-2.0: add it to licenses.allow" in error
        assert not list(tmp_path.glob("store/pull/*"))

    def test_a_denied_license(self, cli: Cli, tmp_path: Path) -> None:
        assert "Apache-2.0" in self.error(cli, tmp_path, "licenses.deny=[apache-*]")

    def test_an_unknown_license(self, cli: Cli, tmp_path: Path) -> None:
        overrides = ("licenses.unknown=refuse", "corpora.0.license=unknown")
        assert "tiny names no license" in self.error(cli, tmp_path, *overrides)

    def test_an_unwritable_workspace(self, cli: Cli, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        done = run(cli, tmp_path / "file" / "w")
        assert done.returncode == 2
        assert "cannot be written" in done.stderr
        assert "Traceback" not in done.stderr


def columns_of_tiny() -> str:
    return "columns: {source: en, target: '{lang}'}"


@pytest.mark.slow
def test_a_published_model_is_the_base_of_the_next(
    finished: Path, tmp_path: Path, new_process: Cli
) -> None:
    workspace = tmp_path / "w"
    champion = finished / "registry" / "smoke" / "champion"
    done = run(
        new_process,
        workspace,
        f"encoder={{source: local, path: {champion}}}",
        "train.steps=5",
        "train.learning_rate=1e-5",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    reached = summary(finished)["languages"]["es"]["suites"]["heldout"]["after"]
    before = summary(workspace)["languages"]["es"]["suites"]["heldout"]["before"]
    assert before["mean"] == pytest.approx(reached["mean"], abs=0.05)
    card = (workspace / "registry" / "smoke" / "v1" / "README.md").read_text()
    assert "fine-tuned from the encoder in" in card


@pytest.mark.slow
def test_leaks_between_languages_are_removed(new_process: Cli, tmp_path: Path) -> None:
    """A Spanish suite; its English sentence, in other case and punctuation, is in Russian too."""
    header, *lines = (line.split("\t") for line in TINY.read_text().splitlines())
    english = lines[3][header.index("en")]
    spanish = lines[3][header.index("es")]
    suite = tmp_path / "suite.tsv"
    suite.write_text(f"en\tes\n{english.upper()}!!\t{spanish}\n")
    overrides = [
        "holdout.share=0.2",
        f"holdout.suites.planted={{kind: local, path: {suite}, license: MIT, {columns_of_tiny()}}}",
        "train.steps=0",
        "gate.min_queries=1",
    ]
    workspace = tmp_path / "w"
    done = run(new_process, workspace, *overrides)
    assert done.returncode == 3, done.stderr
    (holdout,) = artifacts(workspace, "holdout")
    report = json.loads((holdout.path / layout.CONTAMINATION).read_text())["ru"]
    assert report["sentences"]["planted:es"] == 1
    assert report["examples"]["planted:es"] == [english]
    for artifact in artifacts(workspace, "clean"):
        assert english not in tables.read_columns(artifact.path / layout.PAIRS, "source")[0]
    refused = run(new_process, workspace, *overrides, "holdout.contamination=refuse")
    assert refused.returncode == 1
    assert "planted:es" in refused.stderr
    assert "Set it to `remove`" in refused.stderr


@pytest.fixture(scope="module")
def remined(finished: Path, tmp_path_factory: pytest.TempPathFactory, request: Any) -> Path:
    """A run of ten steps that mines again after four and eight, with a curriculum."""
    from tests.support import run_cli

    workspace = tmp_path_factory.mktemp("remined") / "w"
    shutil.copytree(finished, workspace, symlinks=True)
    done = run(
        run_cli,
        workspace,
        "train.steps=10",
        "train.remine_every=4",
        "gate.floor=0",
        "train.batch_size=256",
        "triplets.shares={random: 1, lexical: 0, semantic: 0}",
        "triplets.curriculum=[{random: 0, lexical: 0, semantic: 1}]",
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr
    (workspace / "stderr").write_text(done.stderr)
    return workspace


@pytest.mark.slow
class TestRemining:
    def test_every_part_has_its_triplets(self, remined: Path) -> None:
        assert len(artifacts(remined, "train")) == 3
        shares = []
        for artifact in artifacts(remined, "triplets"):
            (strategies,) = tables.read_columns(artifact.path / layout.TRIPLETS, "strategy")
            shares.append(strategies.count("semantic") / len(strategies))
        assert shares[0] == 0
        assert min(shares[1:]) > 0.9

    def test_similarities_are_those_of_the_moment(self, remined: Path) -> None:
        _, *later = artifacts(remined, "triplets")
        similarities = [
            tables.read_columns(artifact.path / layout.TRIPLETS, "positive_similarity")
            for artifact in later
        ]
        assert similarities[0] != similarities[1]

    def test_curves_and_counts_continue(self, remined: Path) -> None:
        trained = artifacts(remined, "train")[-1]
        lines = (trained.path / layout.CURVES).read_text().splitlines()
        steps = [json.loads(line) for line in lines]
        assert [step["step"] for step in steps] == list(range(1, 11))
        counts = TrainCounts.of(trained)
        assert counts.steps == 10
        assert counts.triplets == sum(step["triplets"] for step in steps)

    def test_the_report_shows_every_part(self, remined: Path) -> None:
        page = (remined / "runs" / summary(remined)["run"] / layout.REPORT).read_text()
        assert page.count("was not measured") == 1  # random negatives, mined without an encoder
        mined_again = [page.count(f"Mined again after step {step}<") for step in (0, 4, 8)]
        assert mined_again == [0, 1, 1]
        assert page.count("Measured with the encoder of that moment.") == 2

    def test_small_languages_are_warned_of_once(self, remined: Path) -> None:
        warning = "fewer triplets per direction than one batch (256): es ("
        assert (remined / "stderr").read_text().count(warning) == 1

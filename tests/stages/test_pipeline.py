"""The production command on the tiny corpus: a whole run, reruns, changes, deaths, bad input."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from alignment import tables
from alignment.registry import Registry
from alignment.store import Store, load_artifact, verify
from tests.support import ROOT, SMOKE, TINY, Cli

STAGES = ["pull", "holdout", "clean", "encoder", "mine", "triplets", "train", "evaluate", "gate"]


def summary(workspace: Path) -> dict:  # type: ignore[type-arg]
    return json.loads(
        max((workspace / "runs").glob("[!.]*"), key=lambda p: p.name)
        .joinpath("summary.json")
        .read_text()
    )


def made(workspace: Path) -> list[str]:
    """`stage language` of what the last run made anew."""
    return [
        f"{s['stage']} {s['label']}".strip()
        for s in summary(workspace)["stages"]
        if not s["reused"]
    ]


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished workspace that a test may change."""
    shutil.copytree(finished, tmp_path / "w", symlinks=True)
    return tmp_path / "w"


def test_a_run_ends_approved_with_every_stage_and_a_valid_summary(finished: Path, cli: Cli) -> None:
    found = summary(finished)
    assert found["verdict"] == "approved" and found["version"] == found["champion"] == "v1"
    assert list(dict.fromkeys(s["stage"] for s in found["stages"])) == STAGES
    for language in found["languages"].values():
        suite = language["suites"]["heldout"]
        assert suite["after"]["mean"] > suite["before"]["mean"] + 0.3 and suite["n"] >= 15
    for rows in found["rows"].values():
        assert rows["kept"] + sum(rows["dropped"].values()) == rows["pulled"] == 120
        assert 0 < rows["triplets"] <= 2 * rows["kept"]
    schema = cli("schema", "--summary")
    jsonschema.validate(found, json.loads(schema.stdout))


def test_every_artifact_is_whole(finished: Path) -> None:
    artifacts = [load_artifact(path.parent) for path in finished.glob("store/*/*/manifest.json")]
    assert len(artifacts) >= 14
    for artifact in artifacts:
        verify(artifact)
    assert not list((finished / "store" / "tmp").iterdir())


def test_no_sentence_of_a_suite_is_trained_on_and_no_negative_is_a_translation(
    finished: Path,
) -> None:
    from alignment.cleaning.normalize import comparable

    tested = {
        comparable(row[side])
        for path in finished.glob("store/holdout/*/suites/*/*.parquet")
        for row in tables.read(path)
        for side in ("source", "target")
    }
    (path,) = finished.glob("store/triplets/*/triplets.parquet")
    rows = list(tables.read(path))
    assert len(tested) > 60 and len(rows) > 300
    translations = {(comparable(r["anchor"]), comparable(r["positive"])) for r in rows}
    for row in rows:
        assert not {comparable(row[key]) for key in ("anchor", "positive", "negative")} & tested
        assert (comparable(row["anchor"]), comparable(row["negative"])) not in translations
        assert row["group"] != row["negative_group"] and (row["chrf"] is None or row["chrf"] <= 60)


def test_a_rerun_reuses_every_stage(copied: Path, cli: Cli) -> None:
    done = cli("run", SMOKE, "--workspace", copied)
    assert done.returncode == 0, done.stderr
    assert made(copied) == [] and summary(copied)["champion"] == "v1"


def test_changing_one_language_redoes_that_language_and_what_depends_on_it(
    copied: Path, cli: Cli
) -> None:
    done = cli("run", SMOKE, "--workspace", copied, "--set", "languages.ru.clean.max_chars=50")
    assert done.returncode == 0, done.stdout + done.stderr
    anew = made(copied)
    assert {"clean ru", "triplets", "train", "gate"} <= set(anew)
    # A scratch encoder's tokenizer is trained on all text, so that `mine` follows it here.
    assert not {
        line for line in anew if line.split()[0] in ("pull", "clean") and line.split()[1] != "ru"
    }


def test_adding_a_language_runs_its_data_stages_and_training(copied: Path, cli: Cli) -> None:
    two = copied.parent / "two"
    assert (
        cli("run", SMOKE, "--workspace", two, "--set", "languages={es: {}, ru: {}}").returncode == 0
    )
    done = cli("run", SMOKE, "--workspace", two)
    assert done.returncode == 0, done.stdout + done.stderr
    data = [line for line in made(two) if line.split()[0] in ("pull", "clean")]
    assert sorted(data) == ["clean ja", "pull ja"]


def test_without_training_the_gate_refuses_and_the_champion_stays(copied: Path, cli: Cli) -> None:
    done = cli("run", SMOKE, "--workspace", copied, "--set", "train.steps=0")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Rejected" in done.stdout and "below the floor" in done.stdout
    assert summary(copied)["verdict"] == "rejected" and summary(copied)["champion"] == "v1"
    assert sorted(p.name for p in (copied / "registry" / "smoke").glob("v*")) == ["v1"]


def test_the_published_directory_gives_our_vectors_to_sentence_transformers(
    finished: Path, cli: Cli
) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["The doctor drinks hot tea in the morning.", "医者は朝に熱いお茶を飲みます。"]
    done = cli("encode", *texts, "--workspace", finished)
    assert done.returncode == 0, done.stderr
    ours = np.array([json.loads(line)["vector"] for line in done.stdout.splitlines()])
    peer = SentenceTransformer(
        str(finished / "registry" / "smoke" / "champion"), device="cpu"
    ).encode(texts)
    assert np.allclose(ours, peer, atol=1e-4)


def test_show_explain_languages_and_registry(finished: Path, cli: Cli) -> None:
    shown = cli("show", "--workspace", finished)
    assert "Approved" in shown.stdout and "triplets" in shown.stdout
    key = next(s["key"] for s in summary(finished)["stages"] if s["stage"] == "triplets")
    explained = cli("explain", key[:12], "--verify", "--workspace", finished)
    assert (
        "first time" in explained.stdout
        and "mine:ja" in explained.stdout
        and "pull" in explained.stdout
    )
    listed = cli("languages", "list", SMOKE, "--workspace", finished)
    assert "Japanese" in listed.stdout and "120" in listed.stdout
    versions = cli("registry", "list", "--workspace", finished)
    assert "champion" in versions.stdout and "v1" in versions.stdout
    assert cli("rollback", "--workspace", finished).returncode == 1


KILLER = """
import os, signal, sys
from alignment.store import Store
import alignment.stages.train as train, alignment.registry.directory as directory
where = os.environ["KILL_IN"]
make = Store._make
def dying(self, stage, key, work, manifest):
    def then_die(out):
        counts = work(out)
        os.kill(os.getpid(), signal.SIGKILL)  # all written, nothing renamed yet
    return make(self, stage, key, then_die if f"{stage} {manifest['label']}".strip() == where else work, manifest)
Store._make = dying
launch = train.launch
def dying_launch(job, watch):
    def step(figures):
        watch(figures)
        if where == "train step" and figures["step"] >= 30:
            os.kill(os.getpid(), signal.SIGKILL)
    launch(job, step)
train.launch = dying_launch
move = directory.Registry._move
def dying_move(self, *arguments):
    if where == "publish before":
        os.kill(os.getpid(), signal.SIGKILL)
    move(self, *arguments)
    if where == "publish after":
        os.kill(os.getpid(), signal.SIGKILL)
directory.Registry._move = dying_move
sys.argv = ["alignment", *sys.argv[1:]]
from alignment.cli import main
main()
"""


def test_a_run_killed_in_every_stage_resumes(tmp_path: Path, cli: Cli) -> None:
    """One workspace, killed by SIGKILL in one stage after another; each time what was finished is kept."""
    workspace = tmp_path / "w"
    places = [
        "pull ru",
        "holdout",
        "clean ja",
        "encoder",
        "mine es",
        "triplets",
        "train step",
        "train",
        "evaluate ru",
        "gate",
        "publish before",
        "publish after",
        "report",
    ]
    kept: dict[str, int] = {}
    for place in places:
        done = subprocess.run(
            [sys.executable, "-c", KILLER, "run", str(SMOKE), "--workspace", str(workspace)],
            env={**os.environ, "KILL_IN": place, "CI": "true"},
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=200,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL, (
            f"{place}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        now = {
            p.as_posix(): p.stat().st_mtime_ns for p in workspace.glob("store/*/*/manifest.json")
        }
        for path in now:
            verify(load_artifact(Path(path).parent))
        assert kept.items() <= now.items(), f"{place}: a finished artifact was made again"
        kept = now
        champion = Registry(workspace / "registry", "smoke").champion()
        assert (champion is not None) == (place in ("publish after", "report"))
        if place == "train step":
            assert list(workspace.glob("store/scratch/*/checkpoints/checkpoint-*")), (
                "no checkpoint to resume from"
            )
    last = cli("run", SMOKE, "--workspace", workspace)
    assert last.returncode == 0, last.stdout + last.stderr
    assert made(workspace) == [] and summary(workspace)["champion"] == "v1"
    assert not list((workspace / "store" / "scratch").iterdir())
    (log,) = workspace.glob("store/train/*/train.log")
    assert "resuming from checkpoint-" in log.read_text()


def test_the_same_input_gives_the_same_triplets(finished: Path, tmp_path: Path, cli: Cli) -> None:
    done = cli("run", SMOKE, "--workspace", tmp_path / "w", "--set", "train.steps=0")
    assert done.returncode == 3
    for stage in ("pull", "holdout", "clean", "mine", "triplets"):
        one, two = (
            {p.name: load_artifact(p).files for p in (w / "store" / stage).iterdir()}
            for w in (finished, tmp_path / "w")
        )
        assert one == two, stage


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    from alignment.errors import AlignmentError
    from alignment.pipeline.workspace import Workspace

    first, second = Workspace(tmp_path), Workspace(tmp_path)
    with (
        first.exclusive("smoke"),
        pytest.raises(AlignmentError, match="another run of 'smoke' is in progress"),
        second.exclusive("smoke"),
    ):
        pass
    with second.exclusive("smoke"):
        pass


def bad(cli: Cli, tmp_path: Path, *overrides: str) -> "subprocess.CompletedProcess[str]":
    arguments = [part for override in overrides for part in ("--set", override)]
    done = cli("run", SMOKE, "--workspace", tmp_path / "w", *arguments)
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr, done.stderr
    assert not (tmp_path / "w" / "registry").exists() and not list(
        (tmp_path / "w").glob("store/tmp/*")
    )
    return done


def test_a_language_that_no_source_has(cli: Cli, tmp_path: Path) -> None:
    done = bad(cli, tmp_path, "languages={cy: {}, es: {}}")
    assert (
        done.returncode == 1 and "no corpus has Welsh" in done.stderr and "tiny has" in done.stderr
    )


def test_an_empty_corpus_after_cleaning(cli: Cli, tmp_path: Path) -> None:
    done = bad(cli, tmp_path, "languages.ja.clean.min_words=50")
    assert (
        done.returncode == 1
        and "none of the 120 pairs is left after cleaning" in done.stderr
        and "too_few_words" in done.stderr
    )


def test_a_suite_that_is_the_training_text_leaves_nothing_to_train_on(
    cli: Cli, tmp_path: Path
) -> None:
    suite = f"{{kind: local, path: {TINY}, license: Apache-2.0, columns: {{source: en, target: '{{lang}}'}}}}"
    done = bad(cli, tmp_path, f"holdout.suites.extra={suite}", "holdout.share=0")
    assert done.returncode == 1 and done.stderr.count("contaminated 120") == 3


def test_fewer_pairs_than_the_gate_needs(cli: Cli, tmp_path: Path) -> None:
    done = bad(cli, tmp_path, "gate.min_queries=500", "train.steps=1")
    assert done.returncode == 1 and re.search(r"has \d\d pairs, the gate needs 500", done.stderr)


def test_a_malformed_line_in_a_corpus(cli: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "broken.tsv"
    broken.write_text(TINY.read_text() + "one cell only\n")
    done = bad(cli, tmp_path, f"corpora.0.path={broken}")
    assert done.returncode == 1 and "broken.tsv:122: got 1 columns, expected 4" in done.stderr


def test_a_missing_encoder_directory(cli: Cli, tmp_path: Path) -> None:
    done = bad(cli, tmp_path, f"encoder={{source: local, path: {tmp_path / 'nothing'}}}")
    assert done.returncode == 1 and "there is no encoder" in done.stderr


def test_a_loss_that_is_not_finite(cli: Cli, tmp_path: Path) -> None:
    done = bad(
        cli,
        tmp_path,
        "train.learning_rate=1e30",
        "train.max_grad_norm=1e30",
        "train.precision=fp32",
    )
    assert done.returncode == 1 and (
        "the loss is nan at step" in done.stderr or "apart at step" in done.stderr
    ), done.stderr


def test_two_languages_failing_are_both_said(cli: Cli, tmp_path: Path) -> None:
    done = bad(cli, tmp_path, "languages={cy: {}, ga: {}, es: {}}")
    assert (
        "pull failed for 2 languages" in done.stderr
        and "Welsh" in done.stderr
        and "Irish" in done.stderr
    )


def test_a_workspace_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cli("run", SMOKE, "--workspace", tmp_path / "file" / "w")
    assert (
        done.returncode == 2
        and "cannot be written" in done.stderr
        and "Traceback" not in done.stderr
    )


def test_a_local_encoder_and_a_store_that_is_shared(
    finished: Path, tmp_path: Path, cli: Cli
) -> None:
    """A published model as the base of the next one."""
    champion = finished / "registry" / "smoke" / "champion"
    done = cli(
        "run",
        SMOKE,
        "--workspace",
        tmp_path / "w",
        "--set",
        f"encoder={{source: local, path: {champion}}}",
        "--set",
        "train.steps=5",
        "--set",
        "train.learning_rate=1e-5",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert Store(tmp_path / "w" / "store")


def test_a_refused_license_stops_before_anything_is_read(cli: Cli, tmp_path: Path) -> None:
    done = bad(cli, tmp_path, "licenses.allow=[MIT]")
    assert done.returncode == 1 and "tiny has Apache-2.0: add it to licenses.allow" in done.stderr
    assert not list((tmp_path / "w").glob("store/pull/*"))
    assert bad(cli, tmp_path, "licenses.deny=[apache-*]").returncode == 1
    done = bad(cli, tmp_path, "licenses.unknown=refuse", "corpora.0.license=unknown")
    assert "tiny names no license" in done.stderr


def test_planted_leakage_in_another_language_is_found_reported_and_removed(
    cli: Cli, tmp_path: Path
) -> None:
    """A Spanish suite; its English sentence, in other case and punctuation, is in the Russian corpus."""
    header, *lines = TINY.read_text().splitlines()
    english = header.split("\t").index("en")
    cells = lines[3].split("\t")
    suite = tmp_path / "suite.tsv"
    suite.write_text(
        f"en\tes\n{cells[english].upper()}!!\t{cells[header.split(chr(9)).index('es')]}\n"
    )
    given = (
        f"{{kind: local, path: {suite}, license: MIT, columns: {{source: en, target: '{{lang}}'}}}}"
    )
    sets = [
        "holdout.share=0.2",
        f"holdout.suites.planted={given}",
        "train.steps=0",
        "gate.min_queries=1",
    ]
    arguments = [part for value in sets for part in ("--set", value)]
    done = cli("run", SMOKE, "--workspace", tmp_path / "w", *arguments)
    assert done.returncode == 3, done.stderr
    (report,) = (tmp_path / "w").glob("store/holdout/*/contamination.json")
    found = json.loads(report.read_text())["ru"]
    assert found["sentences"]["planted:es"] == 1 and found["examples"]["planted:es"] == [
        cells[english]
    ]
    for path in (tmp_path / "w").glob("store/clean/*/pairs.parquet"):
        assert cells[english] not in tables.read_columns(path, "source")[0]
    refused = cli(
        "run",
        SMOKE,
        "--workspace",
        tmp_path / "w",
        *arguments,
        "--set",
        "holdout.contamination=refuse",
    )
    assert (
        refused.returncode == 1
        and "planted:es" in refused.stderr
        and "Set it to remove" in refused.stderr
    )


def test_negatives_are_mined_again_with_the_weights_of_the_moment(copied: Path, cli: Cli) -> None:
    done = cli(
        "run",
        SMOKE,
        "--workspace",
        copied,
        "--set",
        "train.steps=10",
        "--set",
        "train.remine_every=4",
        "--set",
        "gate.floor=0",
        "--set",
        "train.batch_size=256",
        "--set",
        "triplets.shares={random: 1, lexical: 0, semantic: 0}",
        "--set",
        "triplets.curriculum=[{random: 0, lexical: 0, semantic: 1}]",
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr
    assert (
        done.stderr.count("fewer triplets a direction than a batch of 256 has: es (") == 1
    )  # said, and once
    records = summary(copied)["stages"]
    assert [record["stage"] for record in records].count("train") == 3
    built = [
        load_artifact(copied / "store" / "triplets" / r["key"])
        for r in records
        if r["stage"] == "triplets"
    ]
    strategies = [
        [row["strategy"] for row in tables.read(one.path / "triplets.parquet", ["strategy"])]
        for one in built
    ]
    shares = [sum(name == "semantic" for name in own) / len(own) for own in strategies]
    assert shares[0] == 0 and min(shares[1:]) > 0.9
    (page,) = (copied / "runs").glob(f"{summary(copied)['run']}/report.html")
    html = page.read_text()
    assert html.count("was not measured") == 1  # at the start: random ones, without an encoder
    assert [html.count(f"Mined again after step {step}<") for step in (0, 4, 8)] == [0, 1, 1]
    assert html.count("Under the encoder as it was then.") == 2
    similar = [
        [row["positive_similarity"] for row in tables.read(one.path / "triplets.parquet")]
        for one in built[1:]
    ]
    assert similar[0] != similar[1]  # under other weights
    trained = load_artifact(
        copied / "store" / "train" / [r["key"] for r in records if r["stage"] == "train"][-1]
    )
    curves = [json.loads(line) for line in (trained.path / "curves.jsonl").read_text().splitlines()]
    assert [line["step"] for line in curves] == list(range(1, 11))
    assert trained.counts["steps"] == 10 and trained.counts["triplets"] == sum(
        line["triplets"] for line in curves
    )

"""The commands about data, as a user types them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.faulty_server import FaultyServer
from tests.support import SMOKE, TINY, Cli


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The smoke configuration for Spanish alone, its corpus at an address."""
    shutil.copy(TINY, tmp_path / "tiny.tsv")
    text = SMOKE.read_text().replace(
        "path: ../tests/data/tiny.tsv", f"url: '{(tmp_path / 'tiny.tsv').as_uri()}'"
    )
    path = tmp_path / "own.yaml"
    path.write_text(text.replace("  ru: {}\n  ja: {}\n", ""))
    return path


def test_sources_lists_every_kind_with_an_example(cli: Cli) -> None:
    done = cli("sources")
    for kind in (
        "local",
        "gettext",
        "hub",
        "opus",
        "tatoeba",
        "sacrebleu",
        "mtdata",
        "prebuilt_triplets",
    ):
        assert kind in done.stdout
    assert done.returncode == 0 and "{kind: tatoeba}" in done.stdout


def test_lock_writes_the_lockfile_and_update_says_what_changed(
    cli: Cli, config: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "w"
    done = cli("lock", config, "--workspace", workspace)
    assert (
        done.returncode == 0 and "1 files" in done.stdout and "1 new, 0 changed" in done.stdout
    ), done.stderr
    before = json.loads((tmp_path / "alignment.lock").read_text())["files"][0]
    (tmp_path / "tiny.tsv").write_text(
        TINY.read_text() + "One more here\tUna más aquí\tЕщё одна тут\tもう一つここに\n"
    )
    shutil.rmtree(workspace)
    refused = cli("lock", config, "--workspace", workspace)
    assert (
        refused.returncode == 1
        and "as locked on" in refused.stderr
        and "--update" in refused.stderr
    )
    done = cli("lock", config, "--workspace", workspace, "--update")
    assert "0 new, 1 changed" in done.stdout and before["sha256"][:12] in done.stdout
    assert (
        json.loads((tmp_path / "alignment.lock").read_text())["files"][0]["sha256"]
        != before["sha256"]
    )
    assert (
        cli("languages", "list", config, "--workspace", tmp_path / "w2", "--offline").returncode
        == 1
    )


def test_clean_shows_the_ledger_or_explains_one_language(
    cli: Cli, config: Path, tmp_path: Path
) -> None:
    done = cli("clean", config, "--workspace", tmp_path / "w")
    assert (
        done.returncode == 0
        and "Spanish" in done.stdout
        and "held out" in done.stdout
        and "1 languages" in done.stdout
    )
    arguments = (
        "--set",
        "clean.min_words=6",
        "--sample-rejects",
        "2",
        "--workspace",
        tmp_path / "w",
    )
    done = cli("clean", config, "--explain", "es", *arguments)
    assert (
        done.returncode == 0
        and "120 pairs, each filter alone" in done.stdout
        and "too_few_words" in done.stdout
    )
    for code, message in (
        ("xx-nonsense", "is not a"),
        ("fi", "fi is not one of the configured languages: es"),
    ):
        done = cli("clean", config, "--explain", code, "--workspace", tmp_path / "w")
        assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_languages_are_suggested_and_added(
    cli: Cli, config: Path, finished: Path, tmp_path: Path
) -> None:
    done = cli(
        "languages", "suggest", config, "--workspace", finished, "--least", "50", "--sample", "60"
    )
    assert done.returncode == 0 and "smoke v1" in done.stdout, done.stderr
    assert "Japanese" in done.stdout and "Russian" in done.stdout and "Spanish" not in done.stdout
    done = cli("languages", "add", "jpn", "--config", config, "--workspace", tmp_path / "w")
    assert done.returncode == 0 and "tiny: 120 pairs" in done.stdout
    assert "  ja: {}  # Japanese: 120 pairs before cleaning\n" in config.read_text()
    for code, message in (
        ("fi", "no configured corpus has Finnish"),
        ("ja", "ja is already in the configuration"),
        ("klingonish", "is not a"),
    ):
        done = cli("languages", "add", code, "--config", config, "--workspace", tmp_path / "w")
        assert done.returncode == 2 and message in done.stderr, done.stderr


def test_languages_add_asks_the_opus_index(cli: Cli, config: Path, tmp_path: Path) -> None:
    entries = [
        {"corpus": name, "version": "v1", "alignment_pairs": count}
        for name, count in (("Big", 5000), ("Small", 9))
    ]
    index = json.dumps({"corpora": entries}).encode()
    with FaultyServer({"/opusapi/": index}).serving() as server:
        options = (
            "--discover",
            "--opus",
            f"{server.url}/opusapi/",
            "--dry-run",
            "--config",
            config,
        )
        done = cli("languages", "add", "fi", *options, "--workspace", tmp_path / "w")
    assert (
        done.returncode == 0
        and "OPUS Big v1: 5,000 pairs" in done.stdout
        and "Small" not in done.stdout
    )
    assert (
        "    - {kind: opus, corpus: Big, version: v1}" in done.stdout
        and "fi: {}" not in config.read_text()
    )


def test_triplets_are_inspected(cli: Cli, finished: Path) -> None:
    done = cli(
        "triplets", "inspect", SMOKE, "--workspace", finished, "--language", "ja", "--examples", "2"
    )
    assert done.returncode == 0, done.stderr
    assert (
        "Japanese: negatives at margin" in done.stdout
        and "semi" in done.stdout
        and "semantic" in done.stdout
    )
    for option, message in (
        ("--language=fi", "fi is not trained on"),
        ("--strategy=cross", "no triplet is of strategy 'cross'"),
    ):
        done = cli("triplets", "inspect", SMOKE, "--workspace", finished, option)
        assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr

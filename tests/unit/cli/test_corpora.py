"""`alignment corpora`: the kinds, and the first pairs of each corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from alignment.cli.corpora import corpora_of
from alignment.cli.display.console import console
from alignment.cli.display.corpora import print_preview
from alignment.config import CORPUS_KINDS, load_config
from alignment.types import SentencePair
from tests.support import SMOKE, Cli

BROKEN = """
  - kind: local
    name: broken
    path: nowhere.tsv
    license: MIT
    columns: {source: en, target: text, language: lang}
"""


def pairs(count: int) -> list[SentencePair]:
    return [SentencePair(f"source {i}", f"target {i}", f"file.tsv:{i}") for i in range(count)]


def preview(count: int, limit: int) -> str:
    with console.capture() as capture:
        print_preview("tiny", "local", "fi", iter(pairs(count)), limit)
    return capture.get()


def test_every_kind_has_a_line_of_yaml(cli: Cli) -> None:
    done = cli("corpora", "kinds")
    assert done.returncode == 0, done.stderr
    examples = [yaml.safe_load(line) for line in done.stdout.splitlines() if "{kind:" in line]
    assert [example[0]["kind"] for example in examples] == list(CORPUS_KINDS)


@pytest.mark.parametrize(
    ("count", "note"),
    [
        (0, "no pairs for Finnish"),
        (1, "all 1 pairs for Finnish"),
        (3, "all 3 pairs for Finnish"),
        (4, "the first 3 pairs for Finnish; there are more"),
    ],
)
def test_count_note(count: int, note: str) -> None:
    assert preview(count, limit=3).startswith(f"tiny (local): {note}\n")


def test_pairs_with_their_origin() -> None:
    lines = preview(5, limit=2).splitlines()
    assert lines[1:4] == ["  file.tsv:0", "    source 0", "    target 0"]
    assert lines[-1] == "    target 1"


def test_preview_reads_one_pair_more_than_it_prints() -> None:
    source = iter(pairs(10))
    with console.capture():
        print_preview("tiny", "local", "fi", source, 3)
    assert next(source).source == "source 4"


def test_preview_of_the_smoke_configuration(cli: Cli, tmp_path: Path) -> None:
    arguments = ("--language", "jpn", "--limit", "2", "--workspace", tmp_path / "w")
    done = cli("corpora", "preview", SMOKE, *arguments)
    assert done.returncode == 0, done.stderr
    assert "tiny (local): the first 2 pairs for Japanese; there are more" in done.stdout
    assert "tiny.tsv:2" in done.stdout
    assert "My mother drinks hot tea in the morning." in done.stdout
    assert "母は朝に熱いお茶を飲みます。" in done.stdout
    assert done.stdout.count("tiny.tsv:") == 2


def test_a_broken_corpus_does_not_hide_the_others(
    new_process: Cli, config: Path, tmp_path: Path
) -> None:
    config.write_text(config.read_text().replace("corpora:\n", f"corpora:{BROKEN}"))
    arguments = ("--language", "es", "--limit", "1", "--workspace", tmp_path / "w")
    done = new_process("corpora", "preview", config, *arguments)
    assert done.returncode == 1
    assert "error: broken: " in done.stderr and "nowhere.tsv" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Mi madre bebe té caliente por la mañana." in done.stdout
    only = new_process("corpora", "preview", config, *arguments, "--corpus", "tiny")
    assert only.returncode == 0 and only.stderr == ""


def test_unknown_corpus(cli: Cli, config: Path, tmp_path: Path) -> None:
    arguments = ("--language", "es", "--corpus", "tyni", "--workspace", tmp_path / "w")
    done = cli("corpora", "preview", config, *arguments)
    assert done.returncode == 2
    assert "--corpus: got 'tyni', expected one of: tiny" in done.stderr


def test_a_language_that_is_not_configured_has_the_shared_corpora() -> None:
    config = load_config(SMOKE)
    assert list(corpora_of(config, "fi")) == list(corpora_of(config, "es")) == ["tiny"]


def test_enabled_suites_are_previewed_too() -> None:
    suite = "{kind: local, name: test, path: test.tsv, license: MIT}"
    config = load_config(SMOKE, [f"holdout.suites.test={suite}"])
    assert list(corpora_of(config, "es")) == ["tiny", "test"]


def test_check_prints_a_verdict_for_every_corpus(cli: Cli, finished: Path) -> None:
    done = cli("corpora", "check", SMOKE, "--workspace", finished)
    assert done.returncode == 0, done.stderr
    assert "Spanish" in done.stdout
    # The encoder of the smoke test is not trained.
    assert "Alignment of the corpora, by language: 3 cannot tell." in done.stdout

"""One run with everything that could leak or be obeyed: secrets, markup, control characters."""

from __future__ import annotations

import ast
import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from alignment.cli.app import app
from alignment.cli.exit_codes import exit_code_of
from alignment.downloads import Downloads, Lockfile
from alignment.errors import ConfigError, SourceError
from tests.support import ROOT, TINY, logging_as_before, run_in_process, train_here

PASSWORD = "SECRETPW"
TOKEN = "SECRETTOK"
LICENSE = "<script>alert(1)</script> | x | `y` [/x] [red]\n\n# INJECTED\n---\ninjected: [a, b]"
VERSION = "<i>1</i> | 2\n| forged | row | MIT | 99 |"
PREFIX = "<b>`x`</b>\n```\n# INJECTED\n---\n"
CONTROL = "\x1b]0;PWNED\x07"
SENTENCE = f"Red [/b] tea {CONTROL}\tTé [red] rojo\tx\ty\n"
CONFIG = """
name: evil
encoder: {source: scratch, vocab_size: 600, hidden_size: 64, num_layers: 1, num_heads: 4,
  max_tokens: 32, prompts: PREFIX}
corpora:
  - kind: local
    url: URL
    license: LICENSE
    version: VERSION
    columns: {source: en, target: "{lang}"}
languages: {es: {}}
holdout: {share: 0.2, overlap: null}
train: {steps: 0}
gate: {floor: 0.0, min_queries: 1}
"""


class Server(NamedTuple):
    host: str
    authorizations: list[str | None]


@contextmanager
def serving(*, location: str | None = None) -> Iterator[Server]:
    """Serves the tiny corpus to the right user, or to anybody if it redirects there."""
    authorizations: list[str | None] = []
    login = base64.b64encode(f"user:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            authorizations.append(self.headers.get("Authorization"))
            body = b""
            if location is not None:
                self.send_response(302)
                self.send_header("Location", location)
            elif authorizations[-1] != f"Basic {login}" and "public" not in self.path:
                self.send_response(401)
            else:
                self.send_response(200)
                body = (
                    TINY.read_text() + f"Red [/b] tea {CONTROL}\tTé [red] rojo\tx\ty\n"
                ).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield Server(f"127.0.0.1:{server.server_address[1]}", authorizations)
    finally:
        server.shutdown()
        server.server_close()


def config_text(url: str) -> str:
    text = CONFIG
    for name, value in (
        ("URL", url),
        ("LICENSE", LICENSE),
        ("VERSION", VERSION),
        ("PREFIX", PREFIX),
    ):
        text = text.replace(name, json.dumps(value))
    return text


class Run(NamedTuple):
    directory: Path
    workspace: Path
    printed: str
    exit_code: int


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose password is in the file and whose token is referred to, on an ASCII terminal."""
    directory = tmp_path_factory.mktemp("cases") / "日本 w[/b]s"
    directory.mkdir(parents=True)
    with serving() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("alignment.stages.train.launch", train_here)
        url = f"http://user:{PASSWORD}@{server.host}/tiny.tsv?part=1&token=${{CASE_TOKEN}}"
        (directory / "c[red].yaml").write_text(config_text(url))
        done = run_in_process(
            "--verbose",
            "run",
            directory / "c[red].yaml",
            "--workspace",
            directory / "ws[/i]",
            env={"PYTHONIOENCODING": "ascii", "CASE_TOKEN": TOKEN},
        )
    return Run(directory, directory / "ws[/i]", done.stdout + done.stderr, done.returncode)


def cli(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run a command in this process."""
    words = [str(value) for value in arguments]
    with logging_as_before():
        code = exit_code_of(lambda: app(words, standalone_mode=False))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_directory_with_markup_and_an_ascii_terminal(evil: Run) -> None:
    assert evil.exit_code == 0, evil.printed
    assert "?? w[/b]s/ws[/i]/runs/" in evil.printed and "report.html" in evil.printed


def test_no_file_but_the_configuration_holds_a_secret(evil: Run) -> None:
    for path in evil.directory.rglob("*"):
        assert PASSWORD not in str(path) and TOKEN not in str(path)
        if path.is_file() and path.suffix != ".yaml":
            content = path.read_bytes()
            assert PASSWORD.encode() not in content, path
            assert TOKEN.encode() not in content, path
    assert PASSWORD not in evil.printed and TOKEN not in evil.printed


def test_stored_configurations_keep_the_reference(evil: Run) -> None:
    (stored,) = evil.workspace.glob("runs/*/config.json")
    url = json.loads(stored.read_text())["corpora"][0]["url"]
    assert url.endswith("/tiny.tsv?part=1&token=${CASE_TOKEN}") and url.startswith("http://127")
    (entry,) = json.loads((evil.directory / "alignment.lock").read_text())["files"]
    assert entry["url"] == url


def test_the_model_card_shows_text_as_text(evil: Run) -> None:
    card = (evil.workspace / "registry/evil/champion/README.md").read_text()
    lines = card.splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "# evil",
        "## Evaluation",
        "## Training data",
        "## Training settings",
    ]
    assert lines.count("---") == 2
    assert sum(line.startswith("| ") for line in lines) == 6  # three headers, one row below each
    assert "<script" not in card.replace("\\<", "")
    assert "| tiny | " in card


class _Tags(HTMLParser):
    """Collects the names of all tags, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_shows_text_as_text(evil: Run) -> None:
    (page,) = evil.workspace.glob("runs/*/report.html")
    parser = _Tags()
    parser.feed(page.read_text())
    assert not parser.tags & {"script", "img", "i", "iframe"}
    assert "<script>alert(1)</script> | x |" in parser.text


def test_show_and_explain(evil: Run, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown, _ = cli(capsys, "show", "--workspace", evil.workspace)
    assert code == 0 and "日本 w[/b]s/ws[/i]/runs/" in shown
    (pulled,) = (evil.workspace / "store/pull").iterdir()
    code, shown, _ = cli(capsys, "explain", pulled.name, "--workspace", evil.workspace)
    assert code == 0 and "[/x] [red]" in shown and PASSWORD not in shown


def test_sentences_cannot_control_the_terminal(
    evil: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "cat[red]x[b].tsv"
    table.write_text(f"en\tes\nRed [/b] tea {CONTROL}\tTé [red] \u202erojo\x1b[2J\n")
    text = config_text("URL").replace('url: "URL"', f"path: {json.dumps(str(table))}")
    (tmp_path / "c.yaml").write_text(text)
    arguments = ("corpora", "preview", tmp_path / "c.yaml", "--language", "es")
    code, shown, _ = cli(capsys, *arguments, "--workspace", tmp_path / "w")
    assert code == 0 and "cat[red]x[b]" in shown
    assert "Red [/b] tea \\x1b]0;PWNED\\x07\n" in shown
    assert "Té [red] \\u202erojo\\x1b[2J\n" in shown and "\x1b" not in shown


def test_a_failed_download_tells_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASE_TOKEN", TOKEN)
    with serving() as server:
        url = f"http://user:no-{PASSWORD}@{server.host}/a.tsv?sig={TOKEN}&x=${{CASE_TOKEN}}"
        (tmp_path / "c.yaml").write_text(config_text(url))
        monkeypatch.setenv("ALIGNMENT_DEBUG", "1")
        code, out, err = cli(capsys, "lock", tmp_path / "c.yaml", "--workspace", tmp_path / "w")
    assert code == 1 and "401" in err and "Traceback" in err
    assert PASSWORD not in out + err and TOKEN not in out + err


def test_a_variable_that_is_not_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://user:{PASSWORD}@127.0.0.1:9/a.tsv?token=${{CASE_NOT_SET}}"
    (tmp_path / "c.yaml").write_text(config_text(url))
    code, _, err = cli(capsys, "lock", tmp_path / "c.yaml", "--workspace", tmp_path / "w")
    assert code == 2
    assert "the environment variable CASE_NOT_SET is not set" in err and PASSWORD not in err


def test_a_new_token_needs_no_new_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = Lockfile(tmp_path / "alignment.lock")
    with serving() as server:
        for token in ("first", "second"):
            downloads = Downloads(tmp_path / token, lock)
            downloads.fetch(f"http://user:{PASSWORD}@{server.host}/a.tsv?token={token}")
            monkeypatch.setenv("CASE_PASSWORD", PASSWORD)
            downloads.fetch(f"http://user:${{CASE_PASSWORD}}@{server.host}/b.tsv")
    assert [entry.url for entry in lock.entries()] == [
        f"http://{server.host}/a.tsv?token=***",
        f"http://user:${{CASE_PASSWORD}}@{server.host}/b.tsv",
    ]


def test_two_files_behind_tokens_are_not_taken_for_one(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path)
    with serving() as server:
        downloads.fetch(f"http://{server.host}/public?token=a")
        with pytest.raises(ConfigError, match="differ only in") as caught:
            downloads.fetch(f"http://{server.host}/public?token=b")
    assert "token=b" not in str(caught.value)


def test_a_redirect_takes_no_password_to_another_host(tmp_path: Path) -> None:
    with (
        serving() as other,
        serving(location=f"http://{other.host}/public.tsv") as first,
    ):
        Downloads(tmp_path / "w").fetch(f"http://user:{PASSWORD}@{first.host}/a.tsv")
    assert first.authorizations != [None]
    assert other.authorizations == [None]


def test_a_redirect_with_a_token_is_not_shown(tmp_path: Path) -> None:
    with (
        serving() as other,
        serving(location=f"http://{other.host}/x?sig={TOKEN}") as first,
        pytest.raises(SourceError) as caught,
    ):
        Downloads(tmp_path / "w").fetch(f"http://{first.host}/a.tsv")
    assert TOKEN not in str(caught.value)


def test_input_that_is_not_utf8(evil: Run) -> None:
    command = [sys.executable, "-m", "alignment", "encode", "--workspace", str(evil.workspace)]
    done = subprocess.run(
        command, input=b"ok\nok\xff line\n", capture_output=True, cwd=ROOT, check=False
    )
    assert done.returncode == 1
    assert done.stderr.decode().startswith("error: standard input:2: the text is not UTF-8\n")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("schema | head -c 1", 0),
        ("corpora kinds | head -n 1", 0),
        ("corpora kinds >&-", 0),
        ("schema > /dev/full", 1),
        ("corpora kinds > /dev/full", 1),
        ("show --workspace nowhere 2>&-", 1),
    ],
)
def test_output_that_nobody_reads(script: str, code: int, tmp_path: Path) -> None:
    command = f"set -o pipefail; {sys.executable} -m alignment {script}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "COLUMNS": "7"},
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and "unexpected" not in done.stderr


PRINTERS = {"echo", "secho", "print", "from_markup", "print_exc"}
OWN = {"output.py", "console.py"}


def test_everything_is_printed_through_the_escaping_writer() -> None:
    """`alignment.cli` calls no other function that prints; a bar reads no markup."""
    for path in sorted((ROOT / "alignment" / "cli").rglob("*.py")):
        if path.name in OWN:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            where = f"{path}:{node.lineno}: {ast.unparse(node)}"
            if name == "console.print":
                assert ast.unparse(node.args[0]) in ("table", "tree"), where
            elif name == "TextColumn" and "{" in ast.unparse(node.args[0]):
                assert "markup=False" in ast.unparse(node), where
            else:
                assert name.rpartition(".")[2] not in PRINTERS, where
                assert name not in ("Text", "Text.assemble", "Console", "sys.stdout.write"), where
                assert name != "console.status" or "styled" in where, where

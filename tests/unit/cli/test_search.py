"""`alignment search`: index, query and serve."""

from __future__ import annotations

import json
import threading
import urllib.request
from pathlib import Path

import pytest

from alignment.encoder.directory import save_encoder
from alignment.search.server import SearchServer
from tests.support import line_with, run_here
from tests.unit.encoder.examples import TEXTS, small_encoder

HOUSE = "the red house is old"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "toy"
    save_encoder(path, small_encoder())
    return path


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    path = tmp_path / "kb.jsonl"
    rows = [{"id": f"d{n}", "text": text, "language": "en"} for n, text in enumerate(TEXTS)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def index(documents: Path, model: Path, out: Path, *more: object) -> int:
    asked = ("search", "index", documents, "--model", model, "--out", out, *more)
    return run_here(*asked, workspace=out.parent / "workspace")


def test_index_and_query(
    documents: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kb.index"
    assert index(documents, model, out) == 0
    assert f"{out}: {len(TEXTS)} documents, toy, exact search" in capsys.readouterr().out
    asked = ("search", "query", out, HOUSE, "-k", "3")
    assert run_here(*asked, workspace=tmp_path / "workspace") == 0
    printed = capsys.readouterr().out
    assert line_with(f"d{TEXTS.index(HOUSE)} ", printed).split("│")[1:3] == ["    1 ", " 1.0000 "]
    assert f"3 of {len(TEXTS)} documents by cosine, exact search, toy." in printed
    assert run_here(*asked, "--json", workspace=tmp_path / "workspace") == 0
    first, *rest = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first["rank"] == 1 and first["text"] == HOUSE and first["language"] == "en"
    assert len(rest) == 2 and first["score"] >= rest[0]["score"]


def test_what_is_said_about_hnsw(
    documents: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("faiss")
    assert index(documents, model, tmp_path / "x", "--method", "hnsw") == 0
    assert "HNSW (approximate search)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        (" ", (), "the text is empty"),
        (b"H\xf6he".decode("utf-8", "surrogateescape"), (), "the text is not UTF-8"),
        (HOUSE, ("-k", "0"), "expected 1 to 1000"),
        (HOUSE, ("--model", "nowhere"), "'nowhere' is not an encoder"),
    ],
)
def test_queries_that_are_refused(
    documents: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    more: tuple[str, ...],
    message: str,
) -> None:
    out = tmp_path / "kb.index"
    assert index(documents, model, out) == 0
    asked = ("search", "query", out, text, *more)
    assert run_here(*asked, workspace=tmp_path / "workspace") in (1, 2)
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error


def test_a_bad_line_is_found_before_anything_is_encoded(
    documents: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with documents.open("a") as file:
        file.write("not JSON\n")
    assert index(documents, model, tmp_path / "kb.index") == 1
    assert f"error: {documents}:{len(TEXTS) + 1}: not valid JSON" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["kb.jsonl"]


def test_serve_until_it_is_interrupted(
    documents: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "kb.index"
    assert index(documents, model, out) == 0
    pages: list[str] = []

    def answer_once(server: SearchServer) -> None:
        def ask() -> None:
            with urllib.request.urlopen(f"{server.url}?q=red+house&k=5", timeout=60) as answer:
                pages.append(answer.read().decode())

        asking = threading.Thread(target=ask)
        asking.start()
        server.handle_request()
        asking.join()
        raise KeyboardInterrupt

    monkeypatch.setattr(SearchServer, "serve_forever", answer_once)
    asked = ("search", "serve", out, "--against", out, "--port", "0")
    assert run_here(*asked, workspace=tmp_path / "workspace") == 0
    printed = capsys.readouterr()
    assert printed.err == "stopped\n"
    assert "http://127.0.0.1:" in printed.out
    (page,) = pages
    assert page.count("<li ") == 10 and 'lang="en"' in page
    assert "Both models give the same 5 documents in the same order." in page


def test_a_taken_port_is_found_before_the_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SearchServer("127.0.0.1", 0) as server:
        port = server.server_address[1]
        asked = ("search", "serve", tmp_path / "nowhere", "--port", port)
        assert run_here(*asked, workspace=tmp_path / "workspace") == 2
    assert f"the port {port} is taken" in capsys.readouterr().err

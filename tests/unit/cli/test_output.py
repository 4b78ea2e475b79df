"""What is printed on streams of every encoding, and on streams that nobody reads."""

from __future__ import annotations

import io
import json

import pytest

from alignment.cli import output


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def written(target: io.TextIOWrapper) -> bytes:
    target.flush()
    assert isinstance(target.buffer, io.BytesIO)
    return target.buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "日é✓\n".encode()), ("latin-1", b"?\xe9?\n"), ("ascii", b"???\n")],
)
def test_what_an_encoding_lacks(
    encoding: str, shown: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = stream(encoding)
    monkeypatch.setattr("sys.stdout", out)
    output.prepare_streams()
    output.print_line("日é✓")
    assert written(out) == shown


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_data_is_never_replaced(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream(encoding)
    monkeypatch.setattr("sys.stdout", out)
    output.prepare_streams()
    output.write_json_text({"text": "日é"})
    assert json.loads(written(out)) == {"text": "日é"}
    out = stream(encoding)
    monkeypatch.setattr("sys.stdout", out)
    output.write_file_text("name: 日é")
    assert written(out) == "name: 日é\n".encode()


def test_streams_that_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    output.prepare_streams()
    output.print_line("x")
    output.write_json_text("x")
    output.write_file_text("x")
    output.print_error("x")
    output.flush()


def test_an_error_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_error("a[/b]: \x1b[2J https://me:pw@host/\n  hint")
    assert capsys.readouterr().err == "error: a[/b]: \\x1b[2J https://host/\n  hint\n"

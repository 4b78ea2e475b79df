import errno
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from alignment.errors import (
    AlignmentError,
    DiskFull,
    Malformed,
    OutOfMemory,
    Unexpected,
)
from alignment.failures import explained, is_disk_full, is_out_of_memory


class OutOfMemoryError(RuntimeError):
    """As torch's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        pa.ArrowMemoryError("malloc of size 99 failed"),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"
        ),
        RuntimeError("std::bad_alloc"),
        RuntimeError("can't start new thread"),
        RuntimeError("could not create a primitive"),
        SystemError("error return without exception set"),
        SystemError("<built-in function f> returned NULL without setting an exception"),
        ImportError("libfoo.so: failed to map segment from shared object"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_out_of_memory(error: Exception) -> None:
    assert is_out_of_memory(error)
    explanation = explained(error, "mine", "cy")
    assert type(explanation) is OutOfMemory
    assert explanation.message.startswith("out of memory in mine of cy (")
    assert "this process used " in explanation.message
    assert "Lower triplets.num_candidates" in str(explanation)
    assert str(error) in explanation.message


def test_what_the_processor_cannot_do_is_not_a_lack_of_memory() -> None:
    error = RuntimeError("could not create a primitive descriptor for the matmul primitive")
    assert not is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/disk/a"),
        OSError(errno.EDQUOT, "Disk quota exceeded", "/disk/a"),
        Exception("No space left on device (os error 28)"),
        shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]),
        ValueError('IoError(Os { code: 28, kind: StorageFull, message: "no space" })'),
    ],
)
def test_a_full_disk(error: Exception) -> None:
    assert is_disk_full(error)
    explanation = explained(error, "train")
    assert type(explanation) is DiskFull
    assert "the disk is full in train\n  Free some space" in str(explanation)


def test_a_full_disk_gets_its_stage() -> None:
    error = DiskFull("the disk is full while downloading", where="/w", hint="Free some space.")
    explanation = explained(error, "pull", "cy")
    message = "/w: the disk is full while downloading in pull of cy\n  Free some space."
    assert str(explanation) == message
    assert explained(explanation, "pull", "cy") is explanation


def test_memory_behind_another_error() -> None:
    try:
        try:
            raise pa.ArrowMemoryError("malloc of size 99 failed")
        except pa.ArrowException as cause:
            raise Malformed("cannot be read", where="a.parquet") from cause
    except Malformed as error:
        explanation = explained(error, "clean", "cy")
        assert isinstance(explanation, OutOfMemory)
        assert explanation.where == "a.parquet"


def test_our_own_errors_stay() -> None:
    error = Malformed("wrong", where="a.tsv:3")
    assert explained(error, "pull", "cy") is error


def test_a_killed_worker_gets_its_stage() -> None:
    error = explained(OutOfMemory("a worker process was killed"), "clean", "cy")
    assert error.message.startswith("out of memory in clean of cy (a worker process was killed; ")


def test_limits_of_the_system() -> None:
    error = explained(OSError(errno.EMFILE, "Too many open files", "/a"), "pull", "cy")
    assert str(error).startswith("/a: Too many open files in pull of cy\n  Raise the limit of open")


def test_a_limit_in_the_words_of_rust() -> None:
    error = explained(Exception("File too large (os error 27)"), "encoder")
    assert str(error).startswith(
        "File too large in encoder\n  Raise the limit on the size of files"
    )


def read(path: Path) -> None:
    raise KeyError("nobody foresaw\nthis")


def unforeseen(path: Path) -> KeyError:
    try:
        read(path)
    except KeyError as error:
        return error
    raise AssertionError


def test_what_nobody_foresaw(tmp_path: Path) -> None:
    path = tmp_path / "corpus.tsv"
    path.touch()
    error = explained(unforeseen(path), "pull", "cy", tmp_path / "errors")
    assert type(error) is Unexpected
    (written,) = (tmp_path / "errors").iterdir()
    assert error.message.startswith(f"unexpected KeyError in pull of cy at {path}: ")
    assert str(written) in str(error.hint)
    text = written.read_text()
    assert "Traceback (most recent call last)" in text
    assert "in read" in text


def test_no_place_for_the_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "file"))
    error: AlignmentError = explained(
        ValueError("x"), "gate", directory=tmp_path / "file" / "errors"
    )
    assert "no file, because none could be written" in str(error.hint)

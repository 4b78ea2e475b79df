"""What went wrong in words: memory, the disk, limits of the system, and what nobody foresaw.

Libraries report these in many ways: numpy, Arrow and torch each have an error of their own for
memory, and Rust code hides the full disk in a text.
"""

from __future__ import annotations

import datetime
import errno
import os
import re
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from alignment import memory
from alignment.errors import AlignmentError, ArtifactError, DiskFull, OutOfMemory, Unexpected

_MEMORY_TEXTS = (
    "bad_alloc",
    "can't allocate memory",
    "cannot allocate memory",
    "can't start new thread",
    "cannot apply additional memory protection",
    # oneDNN, torch's library of products on processors, has no memory for the code it generates.
    "could not create a primitive",
    "could not execute a primitive",
    # C code gave up without a word, which it does where it could not allocate.
    "error return without exception set",
    "null without setting an exception",
    "failed to launch worker thread",
    "failed to map segment from shared object",
    "not enough memory",
    "out of memory",
    "unable to allocate",
)
_OF_C_CODE = (RuntimeError, ImportError, OSError, SystemError)
_LIBRARIES = ("numpy", "pyarrow", "safetensors_rust", "tokenizers", "torch")
_DISK_TEXTS = ("no space left on device", "disk quota exceeded", "code: 28,", "os error 28")
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_RUST_ERROR = re.compile(r"\(os error ([0-9]{1,3})\)")
_LIMITS = {
    errno.EAGAIN: "Raise the limit of processes, such as `ulimit -u 4096`, or free memory.",
    errno.EMFILE: "Raise the limit of open files, such as `ulimit -n 4096`.",
    errno.ENFILE: "Raise the system's limit of open files.",
    errno.EFBIG: "Raise the limit on the size of files: `ulimit -f unlimited`.",
    errno.EROFS: "The file system is read-only: choose another --workspace.",
    errno.EACCES: "Give yourself the right to read and write it.",
    errno.EPERM: "Give yourself the right to read and write it.",
    errno.EIO: "The disk or the network file system has an error: see `dmesg`.",
    errno.ESTALE: "The network file system has changed: run again.",
    errno.ELOOP: "A symbolic link leads back to itself: replace it.",
    errno.ENAMETOOLONG: "Choose a shorter name or --workspace.",
}
_LOWER = {
    "pull": "Set `max_pairs` of the largest corpora.",
    "holdout": "Lower holdout.max_pairs, or set `max_pairs` of the largest corpora.",
    "clean": "Set `max_pairs` of the largest corpora, or run on fewer cores: `taskset -c 0 ...`.",
    "encoder": "Choose a smaller encoder.",
    "embed": "Choose a smaller encoder, or set `max_pairs` of the largest corpora.",
    "semantic_encoder": "Choose a smaller encoder.",
    "semantic": "Set `max_pairs` of the largest corpora.",
    "mine": "Lower triplets.num_candidates or triplets.pool.",
    "triplets": "Lower triplets.num_candidates, or set `max_pairs` of the largest corpora.",
    "tokenize": "Set `max_pairs` of the largest corpora.",
    "train": "Lower train.batch_tokens or train.batch_size, or set train.gradient_cache: true.",
    "average": "Set train.average_with_base: null, or choose a smaller encoder.",
    "evaluate": "Lower holdout.max_pairs, or use smaller suites.",
}
_KEPT = "Finished stages are kept, and the next run continues from there."


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error, or one that it comes from, says that memory ran out."""
    return any(_says_memory(link) for link in _chain(error))


def is_failure(error: BaseException) -> bool:
    """Whether something went wrong; an interrupt or an exit is no failure.

    If Rust code such as that of tokenizers gives up, what it raises is not an `Exception`.
    """
    return isinstance(error, Exception) or _is_panic(error)


def _is_panic(error: BaseException) -> bool:
    return type(error).__name__ == "PanicException"


def is_disk_full(error: BaseException) -> bool:
    """Whether the error, or one that it comes from, says that a disk or a quota is full."""
    return any(_says_disk(link) for link in _chain(error))


def explained(
    error: BaseException, stage: str = "", language: str = "", directory: Path | None = None
) -> AlignmentError:
    """The error that a user sees for any exception.

    Args:
        error: What was raised. A plain `AlignmentError` is returned as it is.
        stage: The stage in which it happened.
        language: The language that the stage was working on.
        directory: Where the traceback of an unexpected error is written, by default the
            directory for temporary files.
    """
    if isinstance(error, OutOfMemory) and not stage:
        return error
    if is_out_of_memory(error):
        return _out_of_memory(error, stage, language)
    if isinstance(error, DiskFull):
        return _in_stage(error, stage, language)
    if isinstance(error, AlignmentError):
        return error
    if is_disk_full(error):
        return DiskFull(
            f"the disk is full{_during(stage, language)}",
            where=_file_name(error),
            hint=f"Free some space and run again. {_KEPT}",
        )
    number = _error_number(error)
    if number in _LIMITS:
        return ArtifactError(
            f"{os.strerror(number)}{_during(stage, language)}",
            where=_file_name(error),
            hint=f"{_LIMITS[number]} {_KEPT}",
        )
    return _unexpected(error, stage, language, directory)


def killed(stage: str = "", language: str = "", used: str = "") -> OutOfMemory:
    """The error of a process that was killed or aborted: it can say nothing about it itself.

    `used` is the memory that it had shortly before, as `memory.described` says it.
    """
    ran_out = f"memory ran out ({used})" if used else "memory ran out"
    return OutOfMemory(
        f"the process was killed{_during(stage, language)}. If nobody stopped it, {ran_out}",
        hint=f"{_lower(stage)} Free memory, or raise the limit. {_KEPT}".strip(),
    )


def _lower(stage: str) -> str:
    return _LOWER.get(stage.partition(" ")[0], _LOWER["pull"]) if stage else ""


def _out_of_memory(error: BaseException, stage: str, language: str) -> OutOfMemory:
    needed = error.message if isinstance(error, AlignmentError) else str(error)
    details = [needed.strip()] if needed.strip() else []
    details.append(memory.described())
    return OutOfMemory(
        f"out of memory{_during(stage, language)} ({'; '.join(details)})",
        where=error.where if isinstance(error, AlignmentError) else None,
        hint=f"{_lower(stage)} Free memory, or raise the limit. {_KEPT}".strip(),
    )


def _unexpected(
    error: BaseException, stage: str, language: str, directory: Path | None
) -> AlignmentError:
    file = _file_at_hand(error.__traceback__)
    reading = f" at {file}" if file else ""
    text = " ".join(str(error).split())
    return Unexpected(
        f"unexpected {type(error).__name__}{_during(stage, language)}{reading}: {text}",
        hint="This is a bug: report it with the traceback, which is in "
        f"{_write_traceback(error, stage, language, directory)}.",
    )


def _in_stage(error: DiskFull, stage: str, language: str) -> DiskFull:
    """The error with its place, unless it names the stage already."""
    if not stage or stage.partition(" ")[0] in error.message:
        return error
    message = f"{error.message}{_during(stage, language)}"
    return DiskFull(message, where=error.where, hint=error.hint)


def _during(stage: str, language: str) -> str:
    place = f" in {stage}" if stage else ""
    return f"{place} of {language}" if stage and language else place


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it comes from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _says_memory(error: BaseException) -> bool:
    if isinstance(error, AlignmentError):
        return isinstance(error, OutOfMemory)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    if _is_panic(error):
        return "thread pool" in str(error)  # there was no memory for a thread
    is_library = type(error).__module__.partition(".")[0] in _LIBRARIES
    if not is_library and not isinstance(error, _OF_C_CODE):
        return False
    # "could not create a primitive descriptor": the processor cannot do this product at all.
    text = str(error).lower().replace("a primitive descriptor", "")
    return any(phrase in text for phrase in _MEMORY_TEXTS)


def _says_disk(error: BaseException) -> bool:
    if isinstance(error, AlignmentError):
        return False
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return True
    text = str(error).lower()
    return any(phrase in text for phrase in _DISK_TEXTS)


def _error_number(error: BaseException) -> int:
    """The system's number of the error, which Rust code gives in its text; 0 if there is none."""
    if isinstance(error, OSError):
        return error.errno or 0
    match = _RUST_ERROR.search(str(error))
    return int(match[1]) if match else 0


def _file_name(error: BaseException) -> str | None:
    for link in _chain(error):
        name = getattr(link, "filename", None)
        if isinstance(name, str | os.PathLike):
            return str(name)
    file = _file_at_hand(error.__traceback__)
    return str(file) if file else None


def _file_at_hand(trace: TracebackType | None) -> Path | None:
    """The file that the innermost function with a path was working on."""
    file = None
    while trace is not None:
        local = trace.tb_frame.f_locals
        candidates = [local.get("path"), getattr(local.get("self"), "path", None)]
        for candidate in candidates:
            if isinstance(candidate, Path) and candidate.is_file():
                file = candidate
                break
        trace = trace.tb_next
    return file


def _write_traceback(
    error: BaseException, stage: str, language: str, directory: Path | None
) -> Path | str:
    """Write the whole traceback to a new file, and return its path or why there is none."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
    words = [
        word for word in ("alignment", now, *stage.split(), language, str(os.getpid())) if word
    ]
    name = f"{'-'.join(filter(None, words))}.txt"
    text = "".join(traceback.format_exception(error))
    for folder in (directory, Path(tempfile.gettempdir())):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return folder / name
    return "no file, because none could be written; `alignment --debug` prints it"

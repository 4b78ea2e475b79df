"""Every error a user can meet: what happened, where, got and expected, and what to do next.

Library code raises the most specific class; only `cli` and `flows` turn errors into exit codes.
A model that the gate rejects is not an error but a value (`types.Rejected`).
"""

from __future__ import annotations

from dataclasses import dataclass

from alignment.redaction import redacted


class AlignmentError(Exception):
    """Base of all errors with a message for the user, which holds no passwords and tokens.

    Args:
        message: What happened, and what was got and expected.
        where: The file, line, key or URL where it happened.
        hint: What to do next.
    """

    retryable = False
    """Whether the same call may succeed later without a change by the user."""
    exit_code = 1
    """Exit code of the command line."""

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.message = _shown(message)
        self.where = None if where is None else _shown(where)
        self.hint = None if hint is None else _shown(hint)
        super().__init__(self.message, self.where, self.hint)

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  {self.hint}" if self.hint else head

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), dict(self.__dict__), self.args)


def _shown(text: str) -> str:
    r"""Without secrets, and with `\udce9` for what UTF-8 cannot store, as in names of files."""
    return redacted(text.encode("utf-8", "backslashreplace").decode())


def _rebuild(
    cls: type[AlignmentError], state: dict[str, object], args: tuple[object, ...]
) -> AlignmentError:
    """Unpickle without calling `__init__`, whose parameters differ between the classes.

    Prefect and the worker processes send exceptions to other processes.
    """
    error = cls.__new__(cls)
    error.__dict__.update(state)
    error.args = args
    return error


class Busy(AlignmentError):
    """Another run of the same model is in progress."""


LISTED = 50
"""Problems of a configuration that are printed; whoever reads them mends these first."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a configuration."""

    where: str
    """`file:line` or the `--set` option; may be empty."""
    key: str
    """The dotted key; may be empty."""
    message: str

    def __str__(self) -> str:
        option = f"--set {self.key}"  # names the key already
        named = self.where == option or self.where.startswith(f"{option}=")
        key = "" if named else self.key
        return ": ".join(part for part in (self.where, key, self.message) if part)


class ConfigError(AlignmentError):
    """A configuration or an argument is wrong; `problems` holds every problem found."""

    exit_code = 2

    def __init__(
        self, problems: list[Problem] | str, *, where: str | None = None, hint: str | None = None
    ) -> None:
        if isinstance(problems, str):
            self.problems = [_redacted(Problem(where or "", "", problems))]
            message = problems
        else:
            self.problems = [_redacted(problem) for problem in problems]
            message = _listed(self.problems)
        super().__init__(message, where=where, hint=hint)


def _redacted(problem: Problem) -> Problem:
    return Problem(redacted(problem.where), redacted(problem.key), redacted(problem.message))


def _listed(problems: list[Problem]) -> str:
    noun = "problem" if len(problems) == 1 else "problems"
    head = f"{len(problems)} {noun} in the configuration:"
    lines = [head, *map(str, problems[:LISTED])]
    if len(problems) > LISTED:
        lines.append(f"... and {len(problems) - LISTED:,} more")
    return "\n  ".join(lines)


class OutOfMemory(AlignmentError):
    """Memory ran out; the message has the stage and what to lower."""


class WorkerLost(AlignmentError):
    """The machine or the process that worked on a stage was lost again and again."""


class Unexpected(AlignmentError):
    """What nobody foresaw; the hint names the file with the traceback."""


class SourceError(AlignmentError):
    """A corpus or an encoder could not be obtained."""


class Unavailable(SourceError):
    """The server did not answer, or failed; a later attempt may succeed."""

    retryable = True


class NotFound(SourceError):
    """The server answers that it does not have the file."""


class WrongContent(SourceError):
    """The server answers, but with something else than the file, such as a login page."""


class TooLarge(SourceError):
    """A download is larger than the configuration allows."""


class ChecksumMismatch(SourceError):
    """The bytes differ from the recorded checksum."""


class UnsafeArchive(SourceError):
    """A member of an archive would leave its directory, is a link, or expands past the limit."""


class LicenseRefused(SourceError):
    """A corpus has a license that the configuration does not allow."""


class DataError(AlignmentError):
    """The content of a corpus cannot be used."""


class Malformed(DataError):
    """A line or an entry cannot be read; `where` is file:line."""


class EmptyCorpus(DataError):
    """No text is left to work with."""


class Misaligned(DataError):
    """A corpus is not what it should be: shifted, swapped, in another language, not aligned."""


class Contaminated(DataError):
    """Training text occurs in an evaluation suite."""


class ArtifactError(AlignmentError):
    """Something in the store is missing or damaged."""


class Missing(ArtifactError):
    """An artifact, a run or a file does not exist."""


class DiskFull(ArtifactError):
    """A disk or a quota is full."""


class Corrupt(ArtifactError):
    """The content of an artifact does not match its manifest."""


class TrainingError(AlignmentError):
    """Training stopped early because of an error."""


class NonFiniteLoss(TrainingError):
    """The loss became NaN or infinite."""


class Collapsed(TrainingError):
    """The encoder maps all sentences to nearly the same vector."""


class RegistryError(AlignmentError):
    """A version or an alias of the registry cannot be changed as requested."""


class VersionExists(RegistryError):
    """The version already exists with different content."""


class NotApproved(RegistryError):
    """The gate did not approve the version, and nobody has overridden it."""


class AliasConflict(RegistryError):
    """The alias was moved by somebody else since it was read."""

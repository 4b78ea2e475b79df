"""Every error that a user can meet: what happened, where, got/expected, and what to do next.

The hierarchy is DESIGN.md's. Library code raises the most specific class; only `cli` and `flows`
turn them into exit codes. A gate's refusal is not here: it is a value (`types.Rejected`).
"""

from __future__ import annotations

from dataclasses import dataclass


class AlignmentError(Exception):
    """Base of all errors that carry a message for a person.

    `retryable` says whether the same call may succeed later without any change by the user.
    """

    retryable = False
    exit_code = 1

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.message = message
        self.where = where
        self.hint = hint
        super().__init__(message, where, hint)

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  {self.hint}" if self.hint else head

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), dict(self.__dict__), self.args)


def _rebuild(
    cls: type[AlignmentError], state: dict[str, object], args: tuple[object, ...]
) -> AlignmentError:
    """Unpickle without calling `__init__` (Prefect moves exceptions between processes)."""
    error = cls.__new__(cls)
    error.__dict__.update(state)
    error.args = args
    return error


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a configuration, with its place."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.where, self.key) if part)
        return f"{place}: {self.message}"


class ConfigError(AlignmentError):
    """A configuration or an argument is wrong. Holds every problem found, not only the first."""

    exit_code = 2

    def __init__(
        self, problems: list[Problem] | str, *, where: str | None = None, hint: str | None = None
    ) -> None:
        self.problems = (
            [Problem(where or "", "", problems)] if isinstance(problems, str) else problems
        )
        if isinstance(problems, str):
            super().__init__(problems, where=where, hint=hint)
        else:
            count = len(problems)
            head = (
                "1 problem in the configuration"
                if count == 1
                else f"{count} problems in the configuration"
            )
            super().__init__("\n  ".join([f"{head}:", *map(str, problems)]), where=where, hint=hint)


class SourceError(AlignmentError):
    """A corpus or an encoder could not be had."""


class Unavailable(SourceError):
    """The place that holds the bytes did not answer or does not have them."""

    retryable = True


class NotThere(SourceError):
    """The place answers that it does not have it."""


class ChecksumMismatch(SourceError):
    """The bytes are not the ones that were expected."""


class UnsafeArchive(SourceError):
    """An archive's member would leave its directory, is a link, or expands past the limit."""


class LicenseRefused(SourceError):
    """A corpus has a license that the configuration does not allow."""


class DataError(AlignmentError):
    """The content of a corpus is unusable."""


class Malformed(DataError):
    """A line or an entry cannot be read; `where` is file:line."""


class EmptyCorpus(DataError):
    """Nothing is left to work with."""


class Contaminated(DataError):
    """Training text stands in an evaluation suite."""


class ArtifactError(AlignmentError):
    """Something in the store is not as it must be."""


class Missing(ArtifactError):
    """The artifact, run or file is not there."""


class Corrupt(ArtifactError):
    """The artifact's content does not match its manifest."""


class TrainingError(AlignmentError):
    """Training stopped before its end."""


class NonFiniteLoss(TrainingError):
    """The loss became NaN or infinite."""


class Collapsed(TrainingError):
    """The encoder maps everything to one point."""


class RegistryError(AlignmentError):
    """A version or an alias cannot be changed as asked."""


class VersionExists(RegistryError):
    """The version is there already, with other content."""


class AliasConflict(RegistryError):
    """The alias moved since it was read."""

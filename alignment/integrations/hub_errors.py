"""Errors of `huggingface_hub` while it writes, in words, and whether another attempt may help."""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONDecodeError

from alignment.downloads.retry import RETRYABLE_STATUS, retry_after
from alignment.errors import (
    AliasConflict,
    AlignmentError,
    ConfigError,
    RegistryError,
    Unavailable,
)
from alignment.integrations.foreign import SHOWN_CHARACTERS, in_short, raised_in

_CONFLICTS = (409, 412)
_TIMEOUTS = (TimeoutError, ConnectionError)


def status_of(error: BaseException) -> int | None:
    """The HTTP status of the answer that an error is about; None without one."""
    for cause in _causes(error):
        response = getattr(cause, "response", None)
        if response is not None:
            return int(response.status_code)
    return None


def requested_wait(error: BaseException) -> float | None:
    """Seconds that the server asks the client to wait; None if it asks for nothing."""
    for cause in _causes(error):
        response = getattr(cause, "response", None)
        if response is not None:
            return retry_after(response)
    return None


def explained(error: Exception, repo_id: str, endpoint: str, token: str) -> AlignmentError | None:
    """What to do about an error of `huggingface_hub`; None if it is not one.

    Args:
        error: What was raised.
        repo_id: The repository.
        endpoint: Address of the server.
        token: The reference to the token, such as `${HF_TOKEN}`.
    """
    if isinstance(error, AlignmentError):
        return error
    where = f"{endpoint}/{repo_id}"
    tokens = f"{endpoint}/settings/tokens"
    status = status_of(error)
    if status == 401:
        return ConfigError(
            "the Hub does not accept the token",
            where=where,
            hint=f"Set {token} to a token with write access, from {tokens}.",
        )
    if status == 403:
        return ConfigError(
            f"the token may not write to this repository ({_answer(error)})",
            where=where,
            hint=f"Set {token} to a token that may write to {repo_id}, from {tokens}.",
        )
    if status == 404:
        return ConfigError(
            "the Hub has no such repository, or the token may not see it",
            where=where,
            hint="Check `hub.repo_id`, and what the token may do.",
        )
    if status in _CONFLICTS:
        return AliasConflict(
            "somebody else changed the repository during the push",
            where=where,
            hint="Push again; what was uploaded is not sent again.",
        )
    if status in RETRYABLE_STATUS or _is_connection_problem(error):
        return Unavailable(
            f"the Hub cannot be reached: {_answer(error)}",
            where=where,
            hint="Push again later; what was uploaded is not sent again.",
        )
    if status is not None or isinstance(error, ValueError):
        return RegistryError(
            f"the Hub refuses the version: {_answer(error)}",
            where=where,
            hint="Nothing of it is visible under its tag. Correct what the Hub names and push "
            "again.",
        )
    if raised_in(error, ("huggingface_hub",)):
        return RegistryError(
            f"the server does not answer as the Hub does ({in_short(error)})",
            where=where,
            hint="Check HF_ENDPOINT, or push again later.",
        )
    return None


def may_pass(error: AlignmentError) -> bool:
    """Whether the same push may succeed a moment later."""
    return isinstance(error, Unavailable | AliasConflict)


def _is_connection_problem(error: Exception) -> bool:
    """Network errors have the classes of httpx or httpx2, whichever `huggingface_hub` uses."""
    for cause in _causes(error):
        is_network = type(cause).__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore")
        # An error page in place of JSON comes from a proxy in front of the server.
        if is_network or isinstance(cause, (*_TIMEOUTS, JSONDecodeError)):
            return True
    return False


def _answer(error: BaseException) -> str:
    """What the server says, or else the last line of the error."""
    for cause in _causes(error):
        message = getattr(cause, "server_message", None)
        if message:
            return " ".join(str(message).split())[:SHOWN_CHARACTERS]
    status = status_of(error)
    if status is not None:
        return f"it answers {status}"
    *_, last = _causes(error)
    return " ".join(str(last).split())[:SHOWN_CHARACTERS] or type(last).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what caused it."""
    while error is not None:
        yield error
        error = error.__cause__

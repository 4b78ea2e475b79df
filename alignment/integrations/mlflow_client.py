"""The connection to an MLflow server, and its errors in words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from alignment.errors import AlignmentError, ConfigError, RegistryError, Unavailable
from alignment.extras import require
from alignment.integrations.foreign import SHOWN_CHARACTERS, in_short, raised_in
from alignment.integrations.quiet import quiet
from alignment.redaction import redacted_address
from alignment.references import resolved_address

if TYPE_CHECKING:
    from mlflow import MlflowClient

DEFAULTS = {
    # A server that does not answer must not hold up a run: MLflow's own defaults wait for minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
    # One line of ours replaces the addresses and bars that it prints.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # It reports its use to its authors otherwise.
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
"""Environment variables of MLflow's that are set unless the user has set them."""
_REASON = re.compile(r"\[Errno -?\d+\] ([^'\")]+)|(too many \d+ error responses)|(timed out)")
_NOT_ACCEPTED = ("PERMISSION_DENIED", "UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "401", "403")
_TEMPORARY = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")


def connect(tracking_uri: str) -> MlflowClient:
    """A client of the server; `${NAME}` in the address is resolved.

    Raises:
        ConfigError: if the extra is not installed, or a variable is not set.
    """
    address = resolved_address(tracking_uri)
    client: MlflowClient = _mlflow().MlflowClient(tracking_uri=address, registry_uri=address)
    return client


@contextmanager
def explained(tracking_uri: str, retry: str) -> Iterator[None]:
    """Turn every error of the server into one message.

    Args:
        tracking_uri: Address of the server, as it is configured.
        retry: The command that sends the run later.

    Raises:
        Unavailable: if the server does not answer, or has a problem.
        ConfigError: if it does not accept the user, or the extra is not installed.
        RegistryError: if it refuses what is sent.
    """
    _mlflow()  # sets the level of its logger when it is imported
    try:
        with quiet("mlflow", "urllib3"):
            yield
    except AlignmentError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("mlflow", "requests", "urllib3"):
            raise _from_server(error, tracking_uri, retry) from error
        if not raised_in(error, ("mlflow",)):
            raise
        raise RegistryError(
            f"the server does not answer as MLflow does ({in_short(error)})",
            where=redacted_address(tracking_uri),
            hint=f"Check `mlflow.tracking_uri`, and send the run later with `{retry}`.",
        ) from error


def _mlflow() -> ModuleType:
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    return require("mlflow", "mlflow", "the section `mlflow`")


def _from_server(error: Exception, tracking_uri: str, retry: str) -> AlignmentError:
    message = " ".join(str(error).split())
    code = getattr(error, "error_code", None) or _status(error)
    where = redacted_address(tracking_uri)
    if code in _NOT_ACCEPTED:
        return ConfigError(
            f"the MLflow server does not accept the user ({code})",
            where=where,
            hint="Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
            f"MLFLOW_TRACKING_TOKEN. Then send the run with `{retry}`.",
        )
    if code is None or code in _TEMPORARY:  # also where nobody answers
        return Unavailable(
            f"the MLflow server cannot be reached: {_reason(message)}",
            where=where,
            hint=f"Send the run later with `{retry}`.",
        )
    return RegistryError(
        f"the MLflow server refuses the run: {message[:SHOWN_CHARACTERS]}",
        where=where,
        hint=f"Correct what it names and send the run with `{retry}`.",
    )


def _status(error: Exception) -> str | None:
    """The HTTP status of a file's upload that was refused; None where a server has a problem."""
    response = getattr(error, "response", None)
    if response is None or response.status_code >= 500:
        return None
    return str(response.status_code)


def _reason(message: str) -> str:
    """What happened, without the classes and addresses around it in an error of `requests`."""
    match = _REASON.search(message)
    return next(filter(None, match.groups())) if match else message[:SHOWN_CHARACTERS]

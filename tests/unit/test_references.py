"""`${NAME}` is an environment variable; its value is hidden in what is printed later."""

from __future__ import annotations

import pytest

from alignment import redaction
from alignment.errors import ConfigError
from alignment.redaction import redacted
from alignment.references import expanded, references, resolved_address


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", {})
    monkeypatch.setenv("PLAIN", "hunter22")
    monkeypatch.setenv("ODD", "p@ss/w:rd")
    monkeypatch.setenv("ENCODED", "a%2Fb%3D")
    monkeypatch.setenv("SAS", "sv=1&sig=a%2B")
    monkeypatch.setenv("WHOLE", "https://h/a.tsv?token=abc")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("WORD", "train")


@pytest.mark.parametrize(
    ("text", "names", "malformed"),
    [
        ("a ${B} ${C_1}", ("B", "C_1"), False),
        ("$${B} $B", (), False),
        ("${}", (), True),
        ("${B:-x}", (), True),
        ("${B", (), True),
    ],
)
def test_references(text: str, names: tuple[str, ...], malformed: bool) -> None:
    assert references(text) == (names, malformed)


@pytest.mark.parametrize(
    ("address", "resolved"),
    [
        ("https://me:${PLAIN}@h/a", "https://me:hunter22@h/a"),
        ("https://me:${ODD}@h/a", "https://me:p%40ss%2Fw%3Ard@h/a"),
        ("https://h/a?x=1&token=${ODD}", "https://h/a?x=1&token=p%40ss%2Fw%3Ard"),
        ("https://h/a?token=${ENCODED}", "https://h/a?token=a%2Fb%3D"),
        ("https://h/a?${SAS}", "https://h/a?sv=1&sig=a%2B"),
        ("https://h/${ODD}", "https://h/p@ss/w:rd"),
        ("${WHOLE}", "https://h/a.tsv?token=abc"),
        ("https://h/$${PLAIN}", "https://h/${PLAIN}"),
    ],
)
def test_resolved_address(address: str, resolved: str) -> None:
    assert resolved_address(address) == resolved


def test_values_are_hidden_afterwards() -> None:
    resolved_address("https://${PLAIN}@h/${WORD}/${WHOLE}?token=${ODD}&split=${WORD}")
    assert redacted("GET hunter22 failed") == "GET ${PLAIN} failed"
    assert redacted("train https://h/a.tsv?token=abc") == "train ${WHOLE}"
    assert redacted("p@ss/w:rd and p%40ss%2Fw%3Ard") == "${ODD} and ${ODD}"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("https://u:pw@h/?token=${NOT_THERE}", "variable NOT_THERE is not set"),
        ("https://h/?token=${EMPTY}", "variable EMPTY is empty"),
        ("https://h/?token=${A B}", "without the name"),
    ],
)
def test_what_is_missing_is_named(address: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        resolved_address(address)
    assert "https://h/?token=" in str(caught.value) and "pw" not in str(caught.value)


def test_expanded_keeps_what_is_not_set() -> None:
    assert expanded("${PLAIN}/${NOT_THERE}/$${PLAIN}") == "hunter22/${NOT_THERE}/${PLAIN}"

"""Environment variables in the configuration: `${NAME}`, and `$${` for the characters `${`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from alignment.errors import ConfigError
from alignment.redaction import conceal, redacted_address, without_credentials

_PATTERN = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?")
_COMMON = re.compile(r"[a-z]{1,11}|[0-9]{1,4}")
"""Values such as `train` and `2026`, which would hide every other use of the word."""
_PERCENT_ENCODED = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*")
_BEFORE_USER = re.compile(r"://[^/?#\s]*$")
_BEFORE_VALUE = re.compile(r"[?&][^?&=#]*=[^?&#]*$")


class References(NamedTuple):
    """What a text refers to."""

    names: tuple[str, ...]
    malformed: bool
    """Whether there is a `${` without a name and a closing brace."""


def references(text: str) -> References:
    """The environment variables that the text names."""
    names = []
    malformed = False
    for match in _PATTERN.finditer(text):
        if match[1] is not None:
            names.append(match[1])
        elif match[0] == "${":
            malformed = True
    return References(tuple(names), malformed)


def without_escapes(text: str) -> str:
    """`$${` as `${`."""
    return text.replace("$${", "${")


def expanded(text: str) -> str:
    """The text with the values of its environment variables; one that is not set stays as it is."""

    def value_of(match: re.Match[str]) -> str:
        return os.environ.get(match[1]) or match[0]

    return _substituted(text, value_of)


def resolved_address(address: str) -> str:
    """The address with the values of its environment variables, which may be secrets.

    A value in the user, the password or a query parameter is percent-encoded unless it is already.
    The values are hidden in everything that is printed later, unless they are common words outside
    of the user, the password and a token.

    Raises:
        ConfigError: if a variable is not set or empty, or a reference is malformed.
    """

    def value_of(match: re.Match[str]) -> str:
        value = _value(match[1], address)
        before = address[: match.start()]
        after = address[match.end() :]
        is_user = _BEFORE_USER.search(before) and re.match(r"[^/?#\s]*@", after)
        is_value = _BEFORE_VALUE.search(before)
        encoded = value
        if (is_user or is_value) and not _PERCENT_ENCODED.fullmatch(value):
            encoded = quote(value, safe="")
        if not _COMMON.fullmatch(value) or _is_secret_place(before, after):
            conceal(value, match[0])
            conceal(encoded, match[0])
        return encoded

    if references(address).malformed:
        raise ConfigError(
            "`${` without the name of an environment variable and `}`",
            where=redacted_address(address),
            hint="Write ${NAME}, or $${ for the characters themselves.",
        )
    return _substituted(address, value_of)


def _is_secret_place(before: str, after: str) -> bool:
    """Whether text at this place of an address is a user, a password or a token."""
    probe = "probe0probe"
    return probe not in without_credentials(before + probe + after)


def _value(name: str, address: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        state = "empty" if name in os.environ else "not set"
        raise ConfigError(
            f"the environment variable {name} is {state}",
            where=redacted_address(address),
            hint=f"Set it, for example with `export {name}=...`, and run again.",
        )
    return value


def _substituted(text: str, value_of: Callable[[re.Match[str]], str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        if match[1] is not None:
            return value_of(match)
        return "${" if match[0] == "$${" else match[0]

    return _PATTERN.sub(replacement, text)

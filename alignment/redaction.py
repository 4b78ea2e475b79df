"""Hides passwords and tokens in text that leaves the process: files, logs, errors, the terminal."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import unquote

HIDDEN = "***"
MIN_SECRET_CHARS = 4
"""A shorter secret is not searched for in other text: every word would contain it."""

_REFERENCE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
_ONLY_REFERENCES = re.compile(rf"(?:{_REFERENCE})+")
_USER_AND_REFERENCE = re.compile(rf"(?:[^:]*:)?(?:{_REFERENCE})+")
# Lengths are limited: a text of a million letters takes no time then.
_SCHEME = r"(?:[A-Za-z][A-Za-z0-9+.-]{1,30}://|https?:/)"
_USERINFO = re.compile(rf'({_SCHEME})([^/?#\s"<>\\]*)@')
# A password that should have been percent-encoded: what follows the colon is no port.
_ODD_USERINFO = re.compile(
    rf'({_SCHEME})([^/?#\s"<>\\@:\[]{{0,1024}}+:(?!\d{{0,9}}(?:[/?#\s]|$))[^\s"<>\\@]{{0,2048}}+)@'
)
_QUERY = re.compile(r"""[?#](?:[^\s"'<>`\\]|\\u0026)+""")
_SEPARATOR = re.compile(r"(&amp;|\\u0026|[?#&;])")
_HEADER = re.compile(
    r"""(?i)\b((?:proxy-)?authorization|x-api-key|x-auth-token|private-token|(?:set-)?cookie)"""
    r"""(["']?\s*[:=,]\s*b?["']?)((?:bearer|basic|token|digest|negotiate)\s+[^\s"']+|[^\s"']{16,})"""
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)(?=\S*\d)[A-Za-z0-9._~+/=-]{16,}")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset({"auth", "jwt", "key", "pass", "passphrase", "pw", "pwd", "sas", "sig"})
_SECRET_PARTS = (
    "accesskey",
    "apikey",
    "credential",
    "passwd",
    "password",
    "secret",
    "sessid",
    "sessionid",
    "signature",
)
_CLOUD_PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "x-ms-")
_SIGNATURES = frozenset({"sig", "signature"})
# Of signed addresses on CloudFront, Google, Aliyun and Azure: new with every signature.
_SIGNED = frozenset(
    {
        *("expires", "policy", "googleaccessid", "ossaccesskeyid", "awsaccesskeyid"),
        *("se", "st", "sp", "spr", "sv", "sr", "ss", "srt", "sip", "si"),
        *("skoid", "sktid", "skt", "ske", "sks", "skv"),
    }
)
_NAMELESS = re.compile(r"(?=.*\d)[A-Za-z0-9_%+]{20,}")
"""A query that is a token as a whole."""
_FILE_NAME = re.compile(r"\.[a-z][a-z0-9]{1,6}$")

_secrets: dict[str, str] = {}
"""Values of environment variables that were used in addresses, and what is shown instead."""


def redacted(text: str) -> str:
    """The text without passwords and tokens.

    Hidden are user and password of an address, the values of query parameters that hold secrets
    (`token`, `sig`, `X-Amz-*` ...), authorization headers, and values given to `conceal`. A
    reference `${NAME}` is no secret and stays.

    >>> redacted("https://me:pw@host.org/a.tsv?lang=cy&token=abc")
    'https://host.org/a.tsv?lang=cy&token=***'
    """
    for value in sorted(_secrets, key=len, reverse=True):  # one may contain another
        word = rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])"
        text = re.sub(word, lambda match: _secrets[match[0]], text)
    return without_credentials(text)


def without_credentials(text: str) -> str:
    """As `redacted`, but without the values given to `conceal`, so that it is always the same."""
    if ":/" in text and "@" in text:
        text = _USERINFO.sub(_without_user, text)
        text = _ODD_USERINFO.sub(_without_user, text)
    text = _QUERY.sub(_without_secret_parameters, text)
    text = _HEADER.sub(rf"\1\2{HIDDEN}", text)
    return _BEARER.sub(rf"\1\2{HIDDEN}", text)


def redacted_address(address: str) -> str:
    """As `without_credentials`, for one address as a whole, which may contain spaces."""
    return without_credentials(re.sub(r"""[\s"'<>`\\]""", _percent_encoded, address.strip()))


def conceal(value: str, shown: str) -> None:
    """From now on show `shown` wherever `value` occurs in redacted text."""
    if len(value) >= MIN_SECRET_CHARS:
        _secrets[value] = shown


def redact_logs() -> None:
    """Redact every log record of this process, whatever handler it goes to."""
    factory = logging.getLogRecordFactory()
    if isinstance(factory, _RedactingFactory):
        return
    logging.setLogRecordFactory(_RedactingFactory())


class _RedactingFactory:
    """Makes log records whose message and traceback are redacted."""

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # the handler reports wrong arguments
            return record
        safe = redacted(message)
        if safe != message:
            record.msg = safe
            record.args = ()
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text = redacted(trace)
        return record


def _without_user(match: re.Match[str]) -> str:
    scheme, user = match.groups()
    if _USER_AND_REFERENCE.fullmatch(user):
        return match[0]
    return str(scheme)


def _without_secret_parameters(match: re.Match[str]) -> str:
    parts = _SEPARATOR.split(match[0])
    names = {unquote(part.partition("=")[0]).lower() for part in parts}
    signed = any(name in _SIGNATURES or name.endswith("-signature") for name in names)
    hidden = False
    for number, part in enumerate(parts):
        name, equals, value = part.partition("=")
        if equals:
            hidden = bool(value) and _is_secret(unquote(name), value, signed=signed)
            parts[number] = f"{name}={HIDDEN}" if hidden else part
        elif hidden and parts[number - 1] == ";":  # the secret has a semicolon
            parts[number] = ""
        elif _NAMELESS.fullmatch(part):
            parts[number] = HIDDEN
    return "".join(parts)


def _is_secret(name: str, value: str, *, signed: bool) -> bool:
    """Whether a query parameter holds a secret, or changes with a signature."""
    if _ONLY_REFERENCES.fullmatch(value):
        return False
    lowered = name.lower()
    if lowered == "key" and _FILE_NAME.search(value):  # the key of an object in a bucket
        return False
    if lowered.startswith(_CLOUD_PREFIXES) or (signed and lowered in _SIGNED):
        return True
    compact = re.sub(r"[^a-z0-9]", "", lowered)
    if compact.endswith("token") or any(part in compact for part in _SECRET_PARTS):
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    return not _SECRET_WORDS.isdisjoint(words)


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())

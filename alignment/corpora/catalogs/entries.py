"""What the readers of catalogs share: entries, headers, and how skipped entries are reported."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from alignment.corpora.skips import OnSkip
from alignment.errors import Malformed

UNREADABLE = "unreadable entry"
FUZZY = "fuzzy"
UNTRANSLATED = "untranslated"
NO_PLURAL_RULE = "plural forms without a rule"
CREDITS = "translator credits"
OTHER_LENGTH = "list of another length"
UNREADABLE_CHOICE = "unreadable choice of texts"
_CHARSET = re.compile(r"^content-type:.*?charset=([^\s;]+)", re.IGNORECASE | re.MULTILINE)


class GettextEntry(NamedTuple):
    """One message of a gettext catalog."""

    msgid: str
    plural: str | None
    """`msgid_plural`; None for a message without plural forms."""
    forms: dict[int, str]
    """`msgstr` by its index; index 0 for a message without plural forms."""
    context: str | None
    """`msgctxt`."""
    origin: str
    """File and line, or file and start of the message."""
    fuzzy: bool = False

    @property
    def is_header(self) -> bool:
        """Whether it holds the catalog's metadata in place of a message."""
        return not self.msgid and self.context is None


@dataclass
class Tally:
    """Counts readable and broken entries, and refuses a catalog that is mostly broken."""

    on_skip: OnSkip
    num_readable: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Message and place of each broken entry."""

    def broken(self, message: str, where: str) -> None:
        """Count one broken entry."""
        self.problems.append((message, where))
        self.on_skip(UNREADABLE, where)

    def check(self) -> None:
        """Call it after the last entry.

        Raises:
            Malformed: if more entries are broken than readable: then the file is of another
                format or charset, or damaged, and what could be read is not to be trusted.
        """
        if len(self.problems) > self.num_readable:
            message, where = self.problems[0]
            raise Malformed(
                f"{message}; {len(self.problems)} of {len(self.problems) + self.num_readable} "
                "entries cannot be read",
                where=where,
                hint="Check the catalog, for example with `msgfmt --check`.",
            )


def charset_in(header: str) -> str:
    """The charset that a catalog's header names; UTF-8 if it names none."""
    match = _CHARSET.search(header)
    if match is None or match.group(1).upper() == "CHARSET":  # the placeholder in a template
        return "utf-8"
    return match.group(1).strip("\"'")


def check_charset(charset: str, where: str) -> None:
    """Refuse a charset that Python cannot decode.

    Raises:
        Malformed: with its name.
    """
    try:
        b"a".decode(charset)
    except (LookupError, ValueError) as error:
        raise Malformed(
            f"the charset {charset!r} is not known",
            where=where,
            hint="Convert the catalog: `msgconv --to-code=UTF-8`.",
        ) from error

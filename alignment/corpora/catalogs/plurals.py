"""The plural rule of a gettext catalog, and the pairs that a message with plural forms gives."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from alignment.corpora.catalogs.entries import GettextEntry
from alignment.errors import Malformed

_RULE = re.compile(r"^plural-forms:.*?\bplural\s*=\s*([^;\n]+)", re.IGNORECASE | re.MULTILINE)
_FORMS = re.compile(r"^plural-forms:.*?\bnplurals\s*=\s*(\d{1,4})", re.IGNORECASE | re.MULTILINE)
_MOST_FORMS = 6  # of any language, for a header that does not say how many there are
_ONE = 1
_MANY = 5  # takes the general plural form in languages with several


class PluralRule(NamedTuple):
    """Which `msgstr` belongs to the two messages of an entry."""

    one: int
    """Index for the count 1."""
    many: int
    """Index for a count that is plural in every language; equal to `one` if there is one form."""


ENGLISH = PluralRule(0, 1)
"""What GNU gettext uses for a catalog without a rule."""


def plural_rule(header: str, where: str) -> PluralRule | None:
    """The rule in a catalog's header; None if there is none, or it is not arithmetic on `n`.

    Raises:
        Malformed: if the rule divides by zero, or selects a form that the header does not have.
    """
    match = _RULE.search(header)
    if match is None:
        return None
    try:
        rule: Callable[[int], int] = gettext.c2py(match.group(1).strip())
        forms = PluralRule(rule(_ONE), rule(_MANY))
    except ZeroDivisionError as error:
        raise Malformed(
            f"the plural rule divides by zero: {match.group(1).strip()}",
            where=where,
            hint="Correct `Plural-Forms` in the catalog's header.",
        ) from error
    except (ValueError, RecursionError, OverflowError):
        return None
    except SyntaxError:  # of `n !=!1`, which is C, `gettext` makes what is no Python
        return None
    count = _FORMS.search(header)
    number = int(count.group(1)) if count else _MOST_FORMS
    if max(forms) >= number:
        raise Malformed(
            f"the plural rule selects form {max(forms)}, the header has {number} forms (from 0)",
            where=where,
            hint="Correct `Plural-Forms` in the catalog's header.",
        )
    return forms


def plural_pairs(entry: GettextEntry, rule: PluralRule | None) -> Iterator[tuple[str, str]]:
    """The singular with the form for 1 and the plural with the form for 5, if they are translated.

    In a language with one form it translates the plural, which has the placeholder for the count.
    Without a rule, one form is taken as such a language's and two forms as English's; of more forms
    it is not known which is which, and they give no pair.
    """
    plural = entry.plural or ""
    if rule is None:
        if len(entry.forms) > len(ENGLISH):
            return
        rule = ENGLISH if len(entry.forms) == len(ENGLISH) else PluralRule(0, 0)
    if rule.one != rule.many and entry.forms.get(rule.one):
        yield entry.msgid, entry.forms[rule.one]
    if plural and entry.forms.get(rule.many):
        yield plural, entry.forms[rule.many]

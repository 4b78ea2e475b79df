"""The parts of a text that are not language: placeholders, tags, entities and addresses.

A translation must carry placeholders, tags and addresses over unchanged. Filters compare them
between the two sides of a pair, and edited negatives leave them alone.
"""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(
    r"""
    (?=[%{$\#@<&hf])                                      # fast: most characters begin nothing
    (?:
      %(?:
          \([^)]*\)[#0+-]*[\d.*]*[a-zA-Z]                 # %(name)s
        | \d+\$[#0+'-]*[\d.*]*(?:hh?|ll?|[Lqjzt])?[a-zA-Z@]  # %1$s  %2$@
        | <\w+>[#0+-]*[\d.]*[a-zA-Z]                      # %<name>d
        | [#0+'-]*[\d.*]*(?:hh?|ll?|[Lqjzt])?             # %s  %#x  %.2f  %ld  %%  %n
          [diouxXeEfFgGcrsnp@%](?![a-z])
        | (?<!\d%)(?<!\d\ %)[ds](?=[a-z]{1,3}(?![\w-]))   # %ds  %dpx
        | [A-Za-z_]\w+%                                   # %count%
        | (?<!\d%)[A-Z_][A-Za-z_]\w*                      # %Name
      )
      | [$%\#@]?\{\{\{?[^{}]*\}\}\}?                      # {{ name }}  {{PLURAL:$1|page|pages}}
      | \{%[^{}]*%\} | \{\#[^{}]*\#\}                     # {% tag %}  {# comment #}
      | [$%\#@]?\{\s*(?:
            [A-Z]+\([^{}]*\)                              # { NUMBER($x) }
          | "[^{}"]*"                                     # { "text" }
          | [-$]?[\w.\[\]'-]*                             # {}  {0}  {user.name}  { $x }  ${x}
            (?:![rsa])?
            (?: :(?!\s)[^{}]*                             # {x:>10}
              | \s*,\s*(?:-?\d+(?::[^{}]*)?|(?:number|date|time|spellout|ordinal|duration)\b[^{}]*)
              | \s*\|[^{}]*                               # {x|filter}
            )?
        )\s*\}
      | \$[A-Za-z_]\w*\$                                  # $NAME$
      | (?<!\w)\$(?:[a-z_]\w+|t\([^)]*\))                 # $name  $t(key)
      | <(?:
            !--[^<>]*--
          | [!?][\w:-][^<>]*
          | /?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?             # <b>  <a href="x">  </a>
          | /?\d+\s?/?                                    # <0>  </0>
          | \s?/?\s?[A-Za-z][\w:.-]*\s?/?                 # < b >  </ b>
        )>
      | &\#?\w+;                                          # &nbsp;  &#160;
      | (?:https?|ftp)://(?:
            [A-Za-z0-9\[%{]                               # an address ends where its script ends
            (?:[!-~]*[A-Za-z0-9/\#=&_~+%-])?
          | [\w.-]+(?:/[!-~]*)?                           # https://пример.рф
        )
    )
    """,
    re.VERBOSE,
)
"""One placeholder, tag, entity or address.

A printf conversion without a position counts only if no lower-case letter follows it, so that the
percent sign of `50%discount` is text. Braces count only around what may be a name or a template:
`{see below}` is text.
"""

OPENERS = "%{<&/$"
"""Every match of `PLACEHOLDER` contains at least one of these characters: a cheap first check."""

CHOICE = re.compile(r"\{\s*(\w+)\s*,\s*(?:plural|select|selectordinal)\s*,")
"""The begin of an ICU choice: `{count, plural, one {# page} other {# pages}}`."""
_BRANCH = re.compile(r"\s*(?:offset:\d+\s*)?(?:=\d+|[\w-]+)\s*\{")


def flatten_choices(text: str) -> str:
    """ICU choices as a placeholder and the texts of their branches, without the keywords.

    `{n, plural, one {# page} other {# pages}}` becomes `{n} # page # pages`.
    """
    match = CHOICE.search(text)
    while match is not None:
        branches, end = _branches(text, match.end())
        inner = " ".join([f"{{{match.group(1)}}}", *branches])
        text = text[: match.start()] + inner + text[end:]
        match = CHOICE.search(text, match.start() + 1)
    return text


def _branches(text: str, start: int) -> tuple[list[str], int]:
    """The texts of the branches of a choice, and where the choice ends."""
    branches = []
    branch = _BRANCH.match(text, start)
    while branch is not None:
        end = _closing_brace(text, branch.end())
        branches.append(text[branch.end() : end])
        start = end + 1
        branch = _BRANCH.match(text, start)
    return branches, _closing_brace(text, start) + 1


def _closing_brace(text: str, start: int) -> int:
    """Where the brace closes that was opened before `start`; the end of the text if nowhere."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    return len(text)

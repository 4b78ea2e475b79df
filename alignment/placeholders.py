"""The parts of a text that are not language: placeholders, tags, entities and addresses.

A translation must carry placeholders, tags and addresses over unchanged. Filters compare them
between the two sides of a pair, and edited negatives leave them alone.
"""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(
    r"""
    (?=[%{$\#<&h])                                        # fast: most characters begin nothing
    (?:
      %(?:
          \([^)]*\)[#0+-]*[\d.]*[a-zA-Z]                  # %(name)s
        | \d+\$[#0+-]*[\d.]*(?:hh?|ll?|[Lqjzt])?[a-zA-Z@] # %1$s  %2$@
        | [#0+-]*[\d.]*(?:hh?|ll?|[Lqjzt])?                # %s  %#x  %.2f  %ld  %%
          [diouxXeEfFgGcrsp@%](?![a-z])
        | [A-Za-z_]\w+%                                   # %count%
        | (?<!\d%)[A-Z_][A-Za-z_]\w*                      # %Name
      )
      | [$%\#]?\{\{?[^{}]*\}?\}                           # {0}  {{ name }}  ${x}  %{x}
      | <[^<>]+>                                          # <b>  </a>
      | &\#?\w+;                                          # &nbsp;  &#160;
      | https?://\S+
    )
    """,
    re.VERBOSE,
)
"""One placeholder, tag, entity or address.

A printf conversion without a position counts only if no lower-case letter follows it, so that the
percent sign of `50%discount` is text.
"""

OPENERS = "%{<&/"
"""Every match of `PLACEHOLDER` contains at least one of these characters: a cheap first check."""

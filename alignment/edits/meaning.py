"""Edited negatives: the true translation, with its meaning changed by a rule that is safe to apply.

- A number becomes another one of as many digits.
- A negation word is removed, or added.
- A name that both sentences have becomes another name.
- Two names on the two sides of a word such as `to` or `than` are swapped.

A sentence that no rule fits gets no edited negative: a wrong edit would teach the model that a
correct translation is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

from alignment.edits.rules import (
    add_not,
    draw,
    remove_not,
    replace_name,
    replace_number,
    swap_names,
)


def edit_meaning(
    text: str, language: str, identity: str, *, anchor: str = "", names: Sequence[str] = ()
) -> str | None:
    """The text with another meaning, or None if no rule is safe.

    Args:
        text: the true translation.
        language: of the text.
        identity: draws among the rules that fit and their results; the same identity always gives
            the same result.
        anchor: the sentence that `text` translates; without it no name is replaced or swapped.
        names: those that may replace a name (see `shared_names`).
    """
    drawn = draw(identity)
    results = (
        replace_number(text, drawn),
        remove_not(text, language),
        add_not(text, language),
        replace_name(text, anchor, names, drawn),
        swap_names(text, anchor, language),
    )
    edits = [edit for edit in results if edit is not None and edit != text]
    return edits[drawn % len(edits)] if edits else None

"""Messages that choose between texts, and the pairs of texts that two of them have in common.

ICU messages, Fluent and wiki markup all choose by a count or by a property:

    {count, plural, one {# file} other {# files}}
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_VARIANTS = 32
"""Pairs that one message may give; a message with more choices gives the first ones."""


@dataclass(frozen=True)
class Select:
    """One choice within a message."""

    argument: str
    """What is looked at. Choices by the same argument choose the same way."""
    options: Mapping[str, Message]
    default: str
    """Key of the option that is always there: `other` in ICU messages."""


Message = tuple["str | Select", ...]
"""Texts and choices, in order."""


def pair_variants(source: Message, target: Message) -> Iterator[tuple[str, str]]:
    """The distinct pairs of texts for choices that both messages have, at most `MAX_VARIANTS`.

    A choice that one side lacks takes the other side's default. So `one` of English has no pair in
    Japanese, and the plural form has.
    """
    arguments = _common_options(source, target)
    combinations = itertools.product(*arguments.values())
    pairs: dict[tuple[str, str], None] = {}
    for combination in itertools.islice(combinations, MAX_VARIANTS):
        choices = dict(zip(arguments, combination, strict=True))
        pairs[render(source, choices), render(target, choices)] = None
    yield from pairs


def render(message: Message, choices: Mapping[str, str]) -> str:
    """The text for these choices; the default where there is none, or no such option."""
    text = ""
    for part in message:
        if isinstance(part, str):
            text += part
        else:
            choice = choices.get(part.argument, part.default)
            option = part.options.get(choice, part.options[part.default])
            text += render(option, choices)
    return text


_DEFAULT = ""  # a choice that no option has: each side renders its default


def _common_options(source: Message, target: Message) -> dict[str, list[str]]:
    """For each argument of either side, the options that both have; the default is last."""
    ours = _options(source)
    theirs = _options(target)
    common: dict[str, list[str]] = {}
    for argument in {**ours, **theirs}:
        shared = [key for key in ours.get(argument, []) if key in theirs.get(argument, [])]
        common[argument] = [*shared, _DEFAULT]
    return common


def _options(message: Message) -> dict[str, list[str]]:
    """Keys of the options of each argument, without the defaults, also of choices within."""
    options: dict[str, list[str]] = {}
    for part in message:
        if isinstance(part, str):
            continue
        keys = options.setdefault(part.argument, [])
        for key, option in part.options.items():
            if key != part.default and key not in keys:
                keys.append(key)
            for argument, inner in _options(option).items():
                known = options.setdefault(argument, [])
                known += [name for name in inner if name not in known]
    return options

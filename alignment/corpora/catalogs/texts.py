"""The texts of a catalog in one language, and the pairs of two such catalogs with the same keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from alignment.corpora.catalogs.entries import OTHER_LENGTH
from alignment.corpora.catalogs.variants import Message, pair_variants
from alignment.corpora.skips import OnSkip
from alignment.types import SentencePair

Key = tuple[str, ...]
Pairing = Callable[[Message, Message], Iterable[tuple[str, str]]]


@dataclass(frozen=True)
class Texts:
    """One catalog in one language."""

    messages: dict[Key, Message] = field(default_factory=dict)
    """In the order of the file. The last part of a key is the number of an item in a list."""
    list_lengths: dict[Key, int] = field(default_factory=dict)
    """Of each list by its key. Items of lists of different length do not belong together."""


def pair_texts(
    name: str,
    pivot: Texts,
    translation: Texts,
    on_skip: OnSkip,
    *,
    pairing: Pairing = pair_variants,
) -> Iterator[SentencePair]:
    """The texts under keys that both catalogs have, in the order of the pivot's.

    Nested keys match nested ones first. What is left matches by its dotted name, if only one key on
    each side has that name: `{"a.b": "Open"}` and `{"a": {"b": "Agor"}}`.
    """
    other_lengths = _other_lengths(pivot, translation)
    for key in other_lengths:
        on_skip(OTHER_LENGTH, f"{name}#{'.'.join(key)}")
    matches = _matches(pivot, translation, other_lengths)
    for key, match in matches.items():
        origin = f"{name}#{'.'.join(match)}"
        for source, target in pairing(pivot.messages[key], translation.messages[match]):
            if source and target:
                yield SentencePair(source, target, origin)


def _other_lengths(pivot: Texts, translation: Texts) -> list[Key]:
    """Keys of lists whose counterpart has another length, or is no list."""
    ours = pivot.list_lengths
    theirs = translation.list_lengths
    in_both = _containers(pivot) & _containers(translation)
    lists = [key for key in {**ours, **theirs} if key in in_both]
    return [key for key in lists if ours.get(key) != theirs.get(key)]


def _containers(texts: Texts) -> set[Key]:
    """Keys of all lists and objects."""
    containers = set(texts.list_lengths)
    for key in texts.messages:
        containers.update(key[:end] for end in range(1, len(key)))
    return containers


def _matches(pivot: Texts, translation: Texts, other_lengths: list[Key]) -> dict[Key, Key]:
    """The translation's key for each of the pivot's keys."""
    refused = frozenset(other_lengths)
    ours = [key for key in pivot.messages if not _below(key, refused)]
    exact = {key for key in ours if key in translation.messages}
    left = [key for key in ours if key not in exact]
    unused = [key for key in translation.messages if key not in pivot.messages]
    by_name = _by_unique_name(key for key in unused if not _below(key, refused))
    unique = _by_unique_name(left)
    matches: dict[Key, Key] = {}
    for key in ours:
        match = key if key in exact else _match_by_name(key, unique, by_name)
        if match is not None:
            matches[key] = match
    return matches


def _below(key: Key, roots: frozenset[Key]) -> bool:
    return bool(roots) and any(key[:end] in roots for end in range(1, len(key)))


def _by_unique_name(keys: Iterable[Key]) -> dict[str, Key]:
    """The keys by their dotted name, without names that several keys have."""
    named: dict[str, list[Key]] = defaultdict(list)
    for key in keys:
        named[".".join(key)].append(key)
    return {name: keys[0] for name, keys in named.items() if len(keys) == 1}


def _match_by_name(key: Key, unique: dict[str, Key], by_name: dict[str, Key]) -> Key | None:
    name = ".".join(key)
    return by_name.get(name) if name in unique else None

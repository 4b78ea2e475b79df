"""What to write in place of an unknown key.

Similar spelling is the last resort: a short name is often closest to an unrelated key, such as
`lr` to `lora_rank`. So the names of other tools are looked up first.
"""

from __future__ import annotations

import difflib
import functools
from collections import defaultdict
from collections.abc import Mapping

from alignment.config.base import Section
from alignment.config.corpora import CORPUS_KINDS
from alignment.config.encoder import ENCODER_SOURCES
from alignment.config.hint_tables import EXPLAINED, RENAMED
from alignment.config.keys import KeyPath, dotted
from alignment.config.schema import keys_by_section, locate, section_name

SIMILARITY = 0.8
"""Minimum similarity (difflib's ratio, 0 to 1) of a suggested spelling."""

_MAX_LISTED = 24
_PER_LANGUAGE = ("clean", "triplets", "gate")
# Their keys also exist elsewhere.
_NOT_SUGGESTED = ("languages.CODE", "corpora.columns", "encoder.prompts", "evaluate.retrieval")


def unknown_key_hint(location: KeyPath) -> str:
    """What to do about the unknown key at the end of a location in a validation error."""
    parent = locate(location[:-1])
    key = str(location[-1])
    if parent.section is None:
        return "no keys are expected here"
    word = key.lower().replace("-", "_")
    name = section_name(parent.section)
    return (
        _explanations(name).get(word)
        or _same_key(word, parent.path, parent.section)
        or _new_name_here(word, parent.path, parent.section)
        or _other_kind(word, name)
        or _explanations("").get(word)
        or _new_name_elsewhere(word, parent.path)
        or _other_section(word, parent.path)
        or _close_spelling(key, parent.section)
        or _all_keys(parent.section)
    )


@functools.cache
def _explanations(section: str) -> Mapping[str, str]:
    """Explanations by word."""
    texts = {}
    for words, text in EXPLAINED.get(section, {}).items():
        for word in words.split():
            texts[word] = text
    return texts


@functools.cache
def _new_names() -> Mapping[str, list[str]]:
    """The keys to use in place of each word."""
    targets: dict[str, list[str]] = defaultdict(list)
    for target, words in RENAMED.items():
        for word in words.split():
            targets[word].append(target)
    return targets


def _same_key(word: str, path: KeyPath, section: type[Section]) -> str | None:
    """A key of this section that was written with hyphens or capitals."""
    return f"use `{dotted((*path, word))}`" if word in section.model_fields else None


def _new_name_here(word: str, path: KeyPath, section: type[Section]) -> str | None:
    for target in _new_names().get(word, []):
        name, _, key = target.rpartition(".")
        if name == section_name(section) and key in section.model_fields:
            return f"use `{dotted((*path, key))}`"
    return None


def _new_name_elsewhere(word: str, path: KeyPath) -> str | None:
    keys = keys_by_section()
    targets = []
    for target in _new_names().get(word, []):
        if word not in keys[target.rpartition(".")[0]]:  # of another kind of the same section
            targets.append(target)
    if not targets:
        return None
    top_level = [target for target in targets if "." not in target]
    return f"use {' or '.join(_described(target, path) for target in top_level or targets)}"


def _described(target: str, path: KeyPath) -> str:
    """A key as a user at `path` reaches it."""
    section, _, key = target.rpartition(".")
    if section.startswith("corpora"):
        return f"`{target.removeprefix('corpora.')}` in an entry of `corpora`"
    if _is_language(path) and section in _PER_LANGUAGE:
        return f"`{dotted((*path[:2], section, key))}`"
    return f"`{target}`"


def _other_kind(word: str, name: str) -> str | None:
    """A key of another kind of corpus, or of another encoder source."""
    tag, sections = ("source", ENCODER_SOURCES) if name == "encoder" else ("kind", CORPUS_KINDS)
    if name not in ("encoder", "corpora"):
        return None
    kinds = [kind for kind, section in sections.items() if word in section.model_fields]
    return f"`{word}` is a key of {tag}: {' or '.join(kinds)}" if kinds else None


def _other_section(word: str, path: KeyPath) -> str | None:
    homes = []
    for name, keys in keys_by_section().items():
        if word in keys and name not in _NOT_SUGGESTED:
            homes.append(name)
    # Of `gate` and `gate.hard_pool`, the section that is nearer to the top is meant.
    homes = [home for home in homes if not any(home.startswith(f"{other}.") for other in homes)]
    if not homes:
        return None
    if "" in homes:
        return f"`{word}` is a top-level key: write it outside this section"
    if homes == ["corpora"]:
        return f"`{word}` belongs in an entry of `corpora`"
    sections = " or ".join(f"`{home}`" for home in homes)
    targets = " or ".join(_described(f"{home}.{word}", path).strip("`") for home in homes)
    if _is_language(path) and not set(homes) & set(_PER_LANGUAGE):
        return f"`{word}` is the same for all languages: write {targets}"
    return f"`{word}` belongs under {sections}: write {targets}"


def _close_spelling(key: str, section: type[Section]) -> str | None:
    matches = difflib.get_close_matches(key, section.model_fields, n=1, cutoff=SIMILARITY)
    return f"did you mean {matches[0]!r}?" if matches else None


def _all_keys(section: type[Section]) -> str:
    keys = sorted(section.model_fields)
    if len(keys) > _MAX_LISTED:
        return f"`alignment schema` describes the {len(keys)} valid keys"
    return f"valid keys: {', '.join(keys)}"


def _is_language(path: KeyPath) -> bool:
    return path[:1] in (("languages",), ("control",))

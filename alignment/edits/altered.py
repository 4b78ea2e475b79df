"""The hard pool of a suite: its texts, and copies of them that mean something else.

After xsim++ (Chen et al. 2023, "xSIM++: An Improved Proxy to Bitext Mining Performance for
Low-Resource Languages", arXiv 2306.12907), which alters numbers, entities, and negations or
adjectives of the English side. Word order is an addition of this project.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from alignment.edits import english, rules

AlteredKind = Literal["number", "negation", "entity", "antonym", "word_order"]
KINDS: tuple[AlteredKind, ...] = get_args(AlteredKind)
COPIES_PER_KIND = 2
_TRIES = 6


class AlteredCopy(NamedTuple):
    """A text with another meaning."""

    original: int
    """Index of the text that it is a copy of."""
    kind: AlteredKind
    """What was changed."""
    text: str


class _Draft(NamedTuple):
    """A text that is altered, and what its rules need."""

    text: str
    language: str
    translation: str
    names: Sequence[str]
    drawn: int

    @property
    def is_english(self) -> bool:
        return self.language.split("-")[0] == "en"

    def entities(self) -> list[re.Match[str]]:
        """The text's names."""
        if self.is_english:
            return english.entities(self.text, self.translation)
        return rules.common_names(self.text, self.translation)


def altered_copies(
    texts: Sequence[str], language: str, *, translations: Sequence[str], seed: int = 0
) -> list[AlteredCopy]:
    """Copies of the texts with another meaning, at most two of each kind for each distinct text.

    A number, a negation, a name, a word by its opposite, or the order of two names or things is
    changed by a rule. Opposites and contractions are English; numbers and names that both sides
    spell alike are changed in every language. A copy has other words than every text.

    Examples:
        >>> copies = altered_copies(["I have 3 cats."], "en", translations=["J'ai 3 chats."])
        >>> {copy.kind for copy in copies}, copies[0].text != "I have 3 cats."
        ({'number'}, True)

    Args:
        texts: The candidates of a suite (n).
        language: Of the texts.
        translations: Of the texts, in the same order (n); they tell names from other words.
        seed: Of the choices. They depend on the seed and the text alone, apart from the names that
            replace others, which come from all texts.

    Raises:
        ValueError: if the lengths differ.
    """
    if len(texts) != len(translations):
        raise ValueError(f"got {len(texts)} texts and {len(translations)} translations")
    taken = {_words(text) for text in texts}
    names = _names(texts, translations, language)
    copies: list[AlteredCopy] = []
    altered: set[str] = set()
    for index, text in enumerate(texts):
        if text in altered:
            continue
        altered.add(text)
        drawn = rules.draw(f"{seed}:{text}")
        draft = _Draft(text, language, translations[index], names, drawn)
        for kind, rule in _RULES.items():
            for copy in _distinct(rule(draft)):
                words = _words(copy)
                if words not in taken:
                    taken.add(words)
                    copies.append(AlteredCopy(index, kind, copy))
    return copies


def _numbers(draft: _Draft) -> Iterator[str | None]:
    for i in range(_TRIES):
        yield rules.replace_number(draft.text, draft.drawn + i)
        if draft.is_english:
            yield english.replace_number_word(draft.text, draft.drawn + i)


def _negations(draft: _Draft) -> Iterator[str | None]:
    if draft.is_english and english.negation_has_no_effect(draft.text):
        return
    yield rules.remove_not(draft.text, draft.language)
    if draft.is_english:
        yield english.resolve_contraction(draft.text)
        if not english.is_negative(draft.text):
            yield rules.add_not(draft.text, "en")


def _entities(draft: _Draft) -> Iterator[str | None]:
    """Each name replaced by one of another text, which neither sentence has."""
    matches = draft.entities()
    known = f"{draft.text} {draft.translation}".casefold()
    if not matches or not draft.names:
        return
    for i in range(_TRIES):
        match = matches[(draft.drawn + i) % len(matches)]
        name = draft.names[(draft.drawn // _TRIES + i) % len(draft.names)]
        if name.casefold() not in known:
            yield f"{draft.text[: match.start()]}{name}{draft.text[match.end() :]}"


def _antonyms(draft: _Draft) -> Iterator[str | None]:
    if draft.is_english:
        for i in range(_TRIES):
            yield english.replace_by_opposite(draft.text, draft.drawn + i)


def _orders(draft: _Draft) -> Iterator[str | None]:
    """Two names, numbers or things on the two sides of a word such as `than`, exchanged."""
    if english.is_symmetric(draft.text):
        return
    text = draft.text
    for matches in (draft.entities(), rules.outside_placeholders(rules.NUMBER, text)):
        if len(matches) == 2 and matches[0].group() != matches[1].group():
            first, second = matches
            if rules.is_directed(text[first.end() : second.start()], draft.language):
                yield rules.swapped(text, first.span(), second.span())
    if draft.is_english:
        yield english.swap_nouns(text)


_RULES: dict[AlteredKind, Callable[[_Draft], Iterator[str | None]]] = {
    "number": _numbers,
    "negation": _negations,
    "entity": _entities,
    "antonym": _antonyms,
    "word_order": _orders,
}


def _distinct(copies: Iterable[str | None]) -> list[str]:
    """The first different copies."""
    distinct = dict.fromkeys(copy for copy in copies if copy is not None)
    return list(distinct)[:COPIES_PER_KIND]


def _names(texts: Sequence[str], translations: Sequence[str], language: str) -> list[str]:
    """The names of all texts, sorted."""
    names: set[str] = set()
    for text, translation in zip(texts, translations, strict=True):
        draft = _Draft(text, language, translation, (), 0)
        names.update(match.group() for match in draft.entities())
    return sorted(names)


def _words(text: str) -> str:
    """Equal for texts that differ in case, spaces or punctuation only."""
    normalized = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", normalized)) or normalized

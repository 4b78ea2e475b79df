"""Android's string resources: `res/values/strings.xml` and `res/values-cy/strings.xml`.

The escapes are those of developer.android.com, "String resources".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from alignment.corpora.catalogs.entries import Tally
from alignment.corpora.catalogs.texts import Key, Texts
from alignment.corpora.catalogs.variants import Message, Select
from alignment.corpora.skips import OnSkip
from alignment.errors import Malformed

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t"}
_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|((?:[^"\\]|\\.)+)', re.DOTALL)
_SPACES = re.compile(r"\s+")
_REFERENCE = re.compile(r"^@(?:\w+:)?\w+/\w+$")


def read_android(name: str, data: bytes, on_skip: OnSkip) -> Texts:
    """The translatable strings, string arrays and plurals.

    Raises:
        Malformed: if it is not XML, or has a document type with entities.
    """
    try:
        root = ElementTree.fromstring(data)
    except ParseError as error:
        raise Malformed(f"not XML ({error})", where=f"{name}:{error.position[0]}") from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise Malformed(f"not safe to read as XML ({error})", where=name) from error
    texts = Texts()
    tally = Tally(on_skip)
    for element in root:
        key = element.get("name")
        reader = _READERS.get(element.tag)
        if reader is None or element.get("translatable") == "false":
            continue
        if key is None:
            tally.broken(f"a {element.tag} without a name", name)
            continue
        tally.num_readable += 1
        reader(texts, (key,), element)
    tally.check()
    return texts


def _read_string(texts: Texts, key: Key, element: Element) -> None:
    text = _text(element)
    if not _REFERENCE.match(text):
        texts.messages[key] = (text,)


def _read_array(texts: Texts, key: Key, element: Element) -> None:
    items = element.findall("item")
    texts.list_lengths[key] = len(items)
    for number, item in enumerate(items):
        _read_string(texts, (*key, str(number)), item)


def _read_plurals(texts: Texts, key: Key, element: Element) -> None:
    options: dict[str, Message] = {}
    for item in element.findall("item"):
        options[item.get("quantity", "")] = (_text(item),)
    if "other" in options:
        texts.messages[key] = (Select("quantity", options, "other"),)


_READERS: dict[str, Callable[[Texts, Key, Element], None]] = {
    "string": _read_string,
    "string-array": _read_array,
    "plurals": _read_plurals,
}


def _text(element: Element) -> str:
    """Without tags and escapes. Space outside double quotes collapses."""
    text = ""
    for quoted, plain in _PART.findall("".join(element.itertext())):
        text += quoted or _SPACES.sub(" ", plain)
    return _ESCAPE.sub(_unescaped, text.strip())


def _unescaped(match: re.Match[str]) -> str:
    code, character = match.groups()
    if code is None:
        return _ESCAPES.get(character, character)
    return chr(int(code, 16)).encode("utf-8", "replace").decode("utf-8")

r"""Apple's .strings files: `"key" = "value";` in UTF-8 or UTF-16, or a property list.

/* Title of the window */
"window.title" = "Open \"%@\"";
"""

from __future__ import annotations

import plistlib
import re
from xml.parsers.expat import ExpatError

from alignment.corpora.catalogs.decoding import LineNumbers, decoded
from alignment.corpora.catalogs.entries import Tally
from alignment.corpora.catalogs.texts import Texts
from alignment.corpora.skips import OnSkip
from alignment.errors import Malformed

_COMMENT = r"/\*(?:(?!\*/).)*+\*/"
_SKIPPED = re.compile(rf"(?>\s|{_COMMENT}|//[^\r\n]*+)*+", re.DOTALL)
_STRING = r'(?:"((?:[^"\\]|\\.)*)"|([\w.$/:-]+))'
_SPACE = rf"(?>\s|{_COMMENT})*+"
_ENTRY = re.compile(rf"{_STRING}{_SPACE}={_SPACE}{_STRING}{_SPACE};", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:[uU]([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_NEXT_ENTRY = re.compile(r";[ \t]*\r?\n")
_PROPERTY_LIST = (b"bplist", b"<?xml", b"<plist")


def read_apple_strings(name: str, data: bytes, on_skip: OnSkip) -> Texts:
    """All values.

    Raises:
        Malformed: if it is not UTF-8 or UTF-16, or more entries are broken than readable.
    """
    if data.startswith(_PROPERTY_LIST):
        return _property_list(name, data)
    text = decoded(name, data)
    tally = Tally(on_skip)
    texts = Texts()
    lines = LineNumbers(text)
    position = _after_comments(text, 0)
    while position < len(text):
        entry = _ENTRY.match(text, position)
        if entry is None:
            tally.broken('expected "key" = "value";', f"{name}:{lines.at(position)}")
            following = _NEXT_ENTRY.search(text, position)
            end = following.end() if following is not None else len(text)
        else:
            tally.num_readable += 1
            key = entry[1] if entry[1] is not None else entry[2]
            value = entry[3] if entry[3] is not None else entry[4]
            texts.messages[(_unescape(key),)] = (_unescape(value),)
            end = entry.end()
        position = _after_comments(text, end)
    tally.check()
    return texts


def _after_comments(text: str, position: int) -> int:
    match = _SKIPPED.match(text, position)
    return match.end() if match is not None else position


def _property_list(name: str, data: bytes) -> Texts:
    try:
        values = plistlib.loads(data)
    except (ValueError, ExpatError, RecursionError, OverflowError, IndexError) as error:
        raise Malformed(f"not a property list ({error})", where=name) from error
    if not isinstance(values, dict):
        raise Malformed("expected a dictionary of texts", where=name)
    texts = Texts()
    for key, value in values.items():
        if isinstance(value, str):
            texts.messages[(str(key),)] = (value,)
    return texts


def _unescape(text: str) -> str:
    unescaped = _ESCAPE.sub(_unescaped, text)
    # Characters beyond U+FFFF are written as two surrogates.
    return unescaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(match: re.Match[str]) -> str:
    code, character = match.groups()
    if code is not None:
        return chr(int(code, 16))
    return _ESCAPES.get(character, character)

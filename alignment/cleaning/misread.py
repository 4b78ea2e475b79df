"""Characters that UTF-8 turns into when it is read in another encoding.

UTF-8 has a first byte from C2 to F4 and further bytes from 80 to BF.
"""

from __future__ import annotations

_FIRST = bytes(range(0xC2, 0xF5))
_FURTHER = bytes(range(0x80, 0xC0))


def _decoded(data: bytes, *encodings: str) -> str:
    """All printable characters that these bytes stand for in any of the encodings."""
    chars = "".join(data.decode(encoding, "ignore") for encoding in encodings)
    return "".join(char for char in chars if char.isprintable() and char != " ")


_WESTERN = ("cp1252", "latin-1", "cp1250", "iso8859-2", "cp1254", "cp1257")
FIRST = _decoded(_FIRST, *_WESTERN)
FIRST_OF_TWO = "".join(char for char in FIRST if not char.islower()) + "ß"
"""Bytes from C2 to DF are capitals, except `ß`; the others need more further ones."""
FURTHER = _decoded(_FURTHER, *_WESTERN)

DOS_FIRST = "√¬├┬Γ"
DOS_FURTHER = _decoded(_FURTHER, "mac-roman", "cp437")

# In Windows-1251 Cyrillic text begins with Р and С, Latin text with В and Г. The latter count with
# signs only, since `Ві` is common. In KOI8-R the first characters are п and я.
CYRILLIC_FIRST = "РС"
SIGN_FIRST = "ВГ"
KOI8_FIRST = "пя"
CYRILLIC_SIGNS = "°±µ¶·№©®¬¦§¤†‡‰€™•"
CYRILLIC_FURTHER = CYRILLIC_SIGNS + "»ЂЃѓЉЊЌЋЏђљњќћџЎўЈјҐґЄєЁёЇїІіЅѕ"
KOI8_SIGNS = "■∙√≈≤≥⌠⌡÷²" + "".join(map(chr, range(0x2500, 0x2594)))

LOST = "\ufffd\ufffe\uffff" + "".join(map(chr, range(0xFDD0, 0xFDF0)))
"""U+FFFD and noncharacters, which are never right."""
FAMOUS = "锟縺繧繝烫屯╨╤"
"""What common texts turn into in Chinese, Japanese and DOS encodings."""

"""Units that multiply a number: `1.5 million`, `2 lakh`, `3 Mrd.`, `two dozen`, `half`."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Stems of the unit in many languages, without case. Longer ones first where one begins another.
_STEMS = {
    10**9: "billion billón bilhõ bilhã billon milliard miliard miljard milyar milijard міль?ярд "
    "миллиард милијард млрд mrd mld bn مليار میلیارد μιλιάρδ δισεκατομμ tỷ tỉ พันล้าน अरब "
    "বিলিয়ন",
    10**12: "trillion billion billón billon biljon bilion billiard триллион трлн bio trilyun",
    10**6: "million milion millón millon milhõ milhã miljoon miljoen miljon milyon milijun milió "
    "milli milljón milj miljó миллион мільйон милион милион млн mio mln mn mill εκατομμ مليون "
    "ملايين ملیون میلیون मिलियन মিলিয়ন ล้าน juta jt triệu",
    10**5: "lakh lac lacs लाख লাখ লক্ষ લાખ ਲੱਖ இலட்ச லட்ச లక్ష ಲಕ್ಷ ലക്ഷ لاکھ แสน",
    10**7: "crore cr करोड़ करोड করোড় কোটি કરોડ ਕਰੋੜ கோடி కోటి ಕೋಟಿ കോടി کروڑ",
    10**4: "หมื่น vạn",
    10**3: "thousand thsd tausend tsd mille mil mila duizend tusen tusind tys tisíc tis tisuć "
    "hiljad hilj тысяч тыс тисяч тис хиляд хиљад ezer tuhat tuhan tuhande bin mii mie χιλιάδ "
    "ألف آلاف الف هزار ہزار हज़ार हजार হাজার હજાર ਹਜ਼ਾਰ ஆயிர వేల ಸಾವಿರ ആയിര พัน nghìn ngàn ribu "
    "rb elfu мың мең минг ming min þúsund tūkst",
    100: "hundred hundert honderd hundra hundre hundred cent sto सौ শত ร้อย trăm ratus",
    12: "dozen dutzend douzaine docena dozzin dúzia dozijn dussin dusin дюжин tuzin tucet tusina",
}
_LETTER_UNITS = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_LETTER = re.compile(r"\s?([kKMBT])(?![^\W_])")
_ALTERNATIVES = "|".join(f"(?:{'|'.join(stems.split())})" for stems in _STEMS.values())
_ANY_SCALE = re.compile(rf"[\s-]*(?:{_ALTERNATIVES})")
_PATTERNS = {
    scale: re.compile(r"[\s-]*(?:" + "|".join(stems.split()) + r")")
    for scale, stems in _STEMS.items()
}
_DOZEN = re.compile("|".join(_STEMS[12].split()))
_HALF = re.compile(
    r"\b(?:half|halb|halv|moitié|demi|medi[oa]|meia|meio|mezz[oa]|половин|polovin|пол[уо]?|połow|w?pół|půl"
    r"|pol[aou]?\b|puoli|duon|fél|yarı|buçuk|setengah)|半|절반|반|نصف|نیم|आधा|आधे|ครึ่ง|nửa|rưỡi"
)
_QUARTER = re.compile(
    r"\b(?:quarter|viertel|kvart|quart|cuart|четверт|kwart|čtvrt|neljänne|negyed|çeyrek)"
    r"|ربع|चौथाई"
)
_WITH_HALF = (  # one and a half, two and a half in one word
    (re.compile(r"anderthalb|eineinhalb|полтор|półtor|डेढ़|دیڑھ|ڈیڑھ"), (1.5, 1.0, 30.0)),
    (re.compile(r"ढाई|अढ़ाई|अडीच|ڈھائی|আড়াই"), (2.5, 2.0, 30.0)),
)
_HALF_VALUES = (0.5, 30.0, 50.0)
_QUARTER_VALUES = (0.25, 0.75, 15.0, 45.0, 25.0, 75.0)


def scale_after(text: str) -> list[int]:
    """What the beginning of a text multiplies the number before it by; several if ambiguous."""
    head = text[:24]
    folded = head.casefold()
    scales = []
    if _ANY_SCALE.match(folded):
        scales = [scale for scale, pattern in _PATTERNS.items() if pattern.match(folded)]
    letter = _LETTER.match(head)
    if letter is not None:
        scales.append(_LETTER_UNITS[letter.group(1)])
    return scales


def dozens(folded: str, counts: Iterable[float]) -> list[float]:
    """Twelve, and twelve times each of the counts, if the case-folded text has a dozen."""
    if not _DOZEN.search(folded):
        return []
    return [12.0, *(12.0 * count for count in counts)]


def fraction_values(folded: str, counts: Iterable[float]) -> set[float]:
    """In a case-folded text, the values of `half` and `quarter`, also of an hour and in percent.

    A half may also belong to one of the counts: `two and a half`.
    """
    values: set[float] = set()
    if _HALF.search(folded):
        values.update(_HALF_VALUES)
        values.update(count + 0.5 for count in counts)
    if _QUARTER.search(folded):
        values.update(_QUARTER_VALUES)
    for pattern, half in _WITH_HALF:
        if pattern.search(folded):
            values.update(half)
    return values

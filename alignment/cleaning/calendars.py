"""Years, centuries, months and hours as other calendars, clocks and languages count them."""

from __future__ import annotations

import re

# What is added to a year of the language's own calendar to get that of the common era. Most
# calendars begin the year in another month, so two offsets are possible.
_OFFSETS = {
    "th": (-543,),
    "lo": (-543,),
    "km": (-543, -544),
    "my": (638, -544, -543),
    "si": (-543, -544),
    "fa": (621, 622),
    "pes": (621, 622),
    "prs": (621, 622),
    "ps": (621, 622),
    "ckb": (621, 622, -700, -699),
    "ku": (621, 622, -700, -699),
    "azb": (621, 622),
    "am": (7, 8),
    "ti": (7, 8),
    "om": (7, 8),
    "ne": (-57, -56),
    "mai": (-57, -56),
    "hi": (-57, -56, 78),
    "gu": (-57, -56, 78),
    "mr": (78,),
    "sa": (78, -57, -56),
    "bn": (593, 594),
    "he": (-3760, -3761),
    "yi": (-3760, -3761),
    "ko": (-2333,),
}
_LUNAR_LANGUAGES = (
    "ar arb ary arz acm apc ajp fa pes prs ps ur ug sd ks dv az azb ckb ku ms id so ha bal tr uz"
)
_LUNAR = frozenset(_LUNAR_LANGUAGES.split())
_LUNAR_YEAR = 32 / 33  # in years of the sun
_LUNAR_EPOCH = 622
_LUNAR_YEARS = range(1200, 1500)
_FIRST_YEAR = 1000
_COMMON_YEARS = range(_FIRST_YEAR, 2200)
ERAS = {
    "令和": 2018,
    "平成": 1988,
    "昭和": 1925,
    "大正": 1911,
    "明治": 1867,
    "民國": 1911,
    "民国": 1911,
}

_DECADE = re.compile(
    r"\s?(?:['’]?s\b|er\b|[-‑–]?\s?(?:tal|lu[kv]u|х\b|е\b|тих\b|aisia|es\b|ndad)"
    r"|年代|ler|lar|['’]l[ae]r|\.\s?(?:let|léta|rok))",
)
_DECADE_WORD = re.compile(r"(?:twen|thir|for|fif|six|seven|eigh|nine)ties|ziger\b")
_CENTURY = re.compile(
    r"centur|siècle|secol|siglo|século|segle|sajand|jahrhundert|eeuw|århund|jarhaarcent|öld|storoč"
    r"|vuosisa|század|yüzyıl|abad|wiek|stolet|століт|столет|век|ғасыр|αιών|thế kỷ|世紀|世纪|세기"
    r"|قرن|शताब्दी|শতাব্দী|ศตวรรษ|המאה"
)
_AFTERNOON = re.compile(
    r"(?<![^\W\d_])p\.?\s?m\b|o['’]clock|\bafternoon|\bevening|\btonight|\bnight|\babends?\b|nachmittag|nachts|\bsoir"
    r"|après-midi|\btarde\b|\bnoche\b|\bnoite\b|\bsera\b|pomeriggio|\bseara|'s avonds|avond|middag"
    r"|kväll|aften|kveld|illalla|iltapäiv|\beste\b|délután|öğleden sonra|akşam|wiecz|popołudniu"
    r"|odpoledne|večer|вечер|дня\b|ночи|вечора|μ\.?μ|malam|\bsore\b|tối|chiều"
    r"|午後|午后|下午|晚上|傍晚|오후|저녁|مساء|عصر|ظهر|शाम|रात|ค่ำ|บ่าย|ทุ่ม"
)
_NOON = re.compile(
    r"\bnoon|midday|mittag|\bmidi\b|mediodía|meio-dia|mezzogiorno|middag|полдень|полудн|południ"
    r"|poledn|délben|öğle|keskipäiv|正午|中午|정오|الظهر|trưa|เที่ยง"
)
_MIDNIGHT_WORD = re.compile(
    r"midnight|mitternacht|minuit|medianoche|meia-noite|mezzanotte|middernacht|midnatt|midnat"
    r"|полноч|опівноч|północ|půlnoc|éjfél|gece yarısı|keskiyö|午夜|真夜中|자정|منتصف الليل|nửa đêm"
    r"|เที่ยงคืน"
)
_MIDNIGHT = re.compile(
    r"midnight|(?<![^\W\d_])a\.?\s?m\b|mitternacht|minuit|medianoche|meia-noite|mezzanotte|полно|午前|오전"
)
_MONTHS = {
    1: "jan[uv]|enero|gennaio|januar|янв|січ|stycz|يناير|जनवरी|มกราคม",
    2: "feb[rb]|févri|fevereiro|febrero|февр|лют|lut[ye]|فبراير|फरवरी|กุมภาพันธ์",
    3: "march|märz|mars|marzo|março|maart|март|берез|mar[cz]|مارس|मार्च|มีนาคม",
    4: "april|avril|abril|aprile|апрел|квіт|kwie|أبريل|अप्रैल|เมษายน",
    5: "may|mai|mayo|maio|maggio|mei|май|мая|трав|maj|مايو|मई|พฤษภาคม",
    6: "june|juni|juin|junio|junho|giugno|июн|черв|czerw|يونيو|जून|มิถุนายน",
    7: "july|juli|juillet|julio|julho|luglio|июл|лип|lip|يوليو|जुलाई|กรกฎาคม",
    8: "august|août|agosto|авгу|серп|sierp|أغسطس|अगस्त|สิงหาคม",
    9: "septem|septiem|setemb|settem|сент|верес|wrze|سبتمبر|सितंबर|กันยายน",
    10: "octo|okto|outub|ottob|октя|жовт|paździer|říj|lokak|ekim|listopad|أكتوبر|अक्टूबर|ตุลาคม",
    11: "novem|noviem|ноя|листоп|listopad|marrask|kasım|نوفمبر|नवंबर|नवम्बर|พฤศจิกายน",
    12: "decem|dezem|décem|diciem|dicem|дека|груд|grud|prosin|jouluk|aralık|ديسمبر|दिसंबर|"
    "दिसम्बर|ธันวาคม",
}
_ANY_MONTH = re.compile(
    r"(?<![^\W\d_])(?:" + "|".join(f"({stems})" for stems in _MONTHS.values()) + ")"
)


def year_readings(number: int, before: str, language: str) -> list[int]:
    """Years of the common era that a number may be in the calendar of its language."""
    base = language.partition("-")[0]
    years = []
    if number >= _FIRST_YEAR:
        years += [number + offset for offset in _OFFSETS.get(base, ())]
    if base in _LUNAR and number in _LUNAR_YEARS:
        middle = round(number * _LUNAR_YEAR + _LUNAR_EPOCH)
        years += [middle - 1, middle, middle + 1]
    years = [year for year in years if year in _COMMON_YEARS]
    for era, start in ERAS.items():
        if before.rstrip().endswith(era):
            years.append(start + number)
    return years


def century_readings(number: int, after: str, near: str) -> list[int]:
    """`1990s` as 90, the nineties as 1990, the 19th century as 1800, and the 1800s as 19.

    `after` is the text behind the number, `near` the text around it, case folded.
    """
    readings = []
    if number < 100 and number % 10 == 0 and (_DECADE.match(after) or _DECADE_WORD.search(near)):
        readings.append(1900 + number)
    if number >= 1000 and number % 10 == 0 and _DECADE.match(after):
        readings.append(number % 100)
        readings.append(number // 100 + 1)
    if 2 <= number <= 21 and _CENTURY.search(near):
        readings.append(100 * (number - 1))
    return readings


def clock_readings(number: int, folded: str) -> list[int]:
    """The hour on a 24-hour clock, in a case-folded text that names the half of the day."""
    if 1 <= number <= 11 and _AFTERNOON.search(folded):
        return [number + 12]
    if number == 12 and _MIDNIGHT.search(folded):
        return [0, 24]
    return []


def hour_values(folded: str) -> set[float]:
    """Twelve for noon, and what midnight is called, if a case-folded text names them."""
    values: set[float] = set()
    if _NOON.search(folded):
        values.add(12.0)
    if _MIDNIGHT_WORD.search(folded):
        values.update((0.0, 12.0, 24.0))
    return values


def month_values(folded: str) -> set[float]:
    """The numbers of the months that a case-folded text names."""
    values: set[int] = set()
    for match in _ANY_MONTH.finditer(folded):
        values.update(month for month, stems in enumerate(match.groups(), start=1) if stems)
    return set(map(float, values))

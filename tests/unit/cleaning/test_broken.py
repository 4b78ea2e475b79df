import pytest

from alignment.cleaning import broken, broken_columns, columns

BROKEN = [
    ("Der Flu\ufffd ist kalt", "a lost character"),
    ("x \ufffe y", "a noncharacter"),
    ("Der FluÃŸ ist kalt", "UTF-8 as Windows-1252"),
    ("FluÃƒÅ¸", "the same twice"),
    ("日本語 FluÃŸ", "within another script"),
    ("voilÃ tout", "a no-break space that was lost"),
    ("10Â km", "a no-break space"),
    ("donâ€™t", "an apostrophe"),
    ("Î±Î²Î³ Î´", "Greek"),
    ("×©×œ×•×", "Hebrew"),
    ("Ø§Ù„Ø³Ù„Ø§Ù…", "Arabic"),
    ("à¸ªà¸§à¸±à¸ª", "Thai"),
    ("æ—¥æœ¬", "Chinese"),
    ("ĂłĂł wĹ‚aĹ›nie", "UTF-8 as Windows-1250"),
    ("√©tait vrai", "UTF-8 as Mac Roman"),
    ("РџСЂРёРІРµС‚", "UTF-8 as Windows-1251"),
    ("cafГ© dГ©jГ ", "Latin text as Windows-1251"),
    ("itвЂ™s", "an apostrophe as Windows-1251"),
    ("п÷я─п╦п╡п╣я┌", "UTF-8 as KOI8-R"),
    ("╨Я╤А╨╕╨▓╨╡╤В", "UTF-8 as code page 866"),
    ("Ïðèâåò êàê äåëà", "Windows-1251 as Latin-1"),
    ("ÊáëçìÝñá", "ISO 8859-7 as Latin-1"),
    ("¾È³çÇÏ¼¼¿ä È³ç", "EUC-KR as Latin-1"),
    ("оПХБЕР, ЙЮЙ ДЕКЮ?", "KOI8-R as Windows-1251"),
    ("ЏаЁўҐв, Є Є ў иЁ ¤Ґ« бҐЈ®¤п", "code page 866 as Windows-1251"),
    ("縺薙ｓ縺ｫ縺｡縺ｯ", "UTF-8 as Shift JIS"),
    ("锟斤拷锟斤拷", "U+FFFD as GBK"),
    ("?????? ???? ??", "letters that an encoding lacks"),
    ("to mo¿e byæ", "Windows-1250 as Latin-1"),
    ("D e r F l u s s", "letters apart"),
    ("ש ל ו ם ל כ ם", "Hebrew letters apart"),
]
FINE = [
    "CAFÉ…",
    "„Spaß“ muss sein",
    "PERÚ” x",
    "il dit « café”» ",
    "AMANHÃ",
    "Der Buchstabe „Ä“ ist selten",
    "Letter “Ä”, “Å’ and Æ…",
    "AMANHÃ é “IRMÃ”",
    "d’été “Ähnlich”",
    "hæðóttur maður í æði",
    "þæð",
    "créées, ÀÉÎ",
    "ÅÄÖ är bokstäver",
    "Được ấy ơi, ở đâu",
    "кВт и МВт",
    "ЛитРес и РосНефть",
    "мРНК ВАКЦИНА",
    "ДОРОГИЕ ДРУЗЬЯ",
    "Він каже: «Від СССР»",
    "Рівне Січень Рік СІМ РІК",
    "Рјечник и Сјевер",
    "Quoi ??? Comment ???",
    "¿Qué tal? hola¿qué?",
    "10 ² x³ m¹",
    "Q U I T",
    "I S O 9 0 0 1",
    "vitamins A B C D E are good for you",
    "a i u o",
    "我 们 去 北 京 吧",
    "縺れる",
    "\uf0b7 item",
    "",
]


@pytest.mark.parametrize("text", [text for text, _ in BROKEN], ids=[name for _, name in BROKEN])
def test_broken_text(text: str) -> None:
    assert max(broken.broken_share(text), broken.apart_share(text)) > 0
    assert broken_columns.suspicious(columns.from_strings(["fine", text, "fine"])).tolist() == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("text", FINE)
def test_correct_text(text: str) -> None:
    assert broken.broken_share(text) == 0
    assert broken.apart_share(text) == 0


def test_the_share_is_of_words() -> None:
    assert broken.broken_share("Der Flu\ufffd ist kalt") == 0.25
    assert broken.broken_share("Ïðèâåò êàê äåëà") == 1
    assert broken.apart_share("D e r F l u s s ist") == 8 / 9


def test_the_worse_side_counts() -> None:
    assert broken.pair_share("fine", "Flu\ufffd") == 1
    assert broken.pair_share("Flu\ufffd ist", "fine") == 0.5


def test_letters_apart_on_both_sides_are_spelled_out() -> None:
    assert broken.pair_share("H e l l o", "H a l l o") == 0
    assert broken.pair_share("Hello", "H a l l o") == 1

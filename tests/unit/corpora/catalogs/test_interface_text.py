"""Access keys, contexts and credits in the messages of programs."""

import pytest

from alignment.corpora.catalogs.interface_text import (
    is_credit,
    markers_in_use,
    without_access_keys,
    without_context,
)


@pytest.mark.parametrize(
    ("source", "target", "clean"),
    [
        ("&Save", "&Speichern", ("Save", "Speichern")),
        ("_Save the page", "Seite _speichern", ("Save the page", "Seite speichern")),
        ("~Insert row", "Zeile ~einfügen", ("Insert row", "Zeile einfügen")),
        ("Sa_ve as", "Speichern _unter", ("Save as", "Speichern unter")),
        ("_Page(s):", "Pa_jenn(où):", ("Page(s):", "Pajenn(où):")),
        ("_On click", "Gant ur c'hli_k", ("On click", "Gant ur c'hlik")),
        ("An a&ccent", "Ein A&kzent", ("An accent", "Ein Akzent")),
        ("E_xit", "終了(_X)", ("Exit", "終了")),
        ("&File", "文件(&F)", ("File", "文件")),
        ("&File...", "ファイル (&F)...", ("File...", "ファイル...")),
        ("&Файл", "&Fichier", ("Файл", "Fichier")),
        ("&Save", "Speichern", ("Save", "Speichern")),
        ("Open", "_Öffnen", ("Open", "Öffnen")),
        ("_Status", "_Status", ("Status", "Status")),
        ("&Copy\tCtrl+C", "&Kopieren\tStrg+C", ("Copy", "Kopieren")),
    ],
)
def test_access_keys(source: str, target: str, clean: tuple[str, str]) -> None:
    assert without_access_keys(source, target) == clean


def test_a_doubled_ampersand_where_ampersands_mark_keys() -> None:
    pair = ("Cut && &paste", "Aus && &ein")
    assert without_access_keys(*pair, frozenset("&")) == ("Cut & paste", "Aus & ein")
    assert without_access_keys(*pair, frozenset("_")) == ("Cut && paste", "Aus && ein")


def test_markers_that_the_format_does_not_know() -> None:
    pair = ("_Save &now", "_Jetzt &speichern")
    assert without_access_keys(*pair, markers="&") == ("_Save now", "_Jetzt speichern")


NAME = ("'pages/contact_page.html' or my_page", "'pages/tudalen_cyswllt.html' neu fy_nhudalen")


def test_marks_within_words_on_both_sides_depend_on_the_catalog() -> None:
    pairs = [("E_xit", "Bee_nden"), NAME]
    assert markers_in_use(pairs) == frozenset()
    assert [without_access_keys(*pair) for pair in pairs] == pairs
    in_use = markers_in_use([*pairs, ("_Save", "_Speichern"), ("_File", "文件(_F)")])
    assert in_use == {"_"}
    assert without_access_keys("E_xit", "Bee_nden", in_use) == ("Exit", "Beenden")
    assert without_access_keys("Back_ground:", "Hintergrund", in_use) == (
        "Background:",
        "Hintergrund",
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("'contact_page.html'", "'tudalen_cyswllt.html'"),
        ("R&D budget", "F&E-Budget"),
        ("some ~allied~ units", "des ~alliées~ unités"),
        ("R&D budget", "R&D-Budget"),
        ("AT&T and Q&A", "AT&T und Q&A"),
        ("Q&A", "Fragen und Antworten"),
        ("Salt & pepper", "Salz & Pfeffer"),
        ("Salt &amp; pepper", "Salz &amp; Pfeffer"),
        ("5 &nbsp; 6", "5 &nbsp; 6"),
        ("5 &nbsp 6", "5 &nbsp 6"),
        ("Set file_name now", "Setze file_name jetzt"),
        ("Set _one_ and _two_", "Setze _eins_ und _zwei_"),
        ("%(user_name)s left", "%(user_name)s ging"),
        ("{user_name} left", "{user_name} ging"),
        ("https://a.example/?a=1&b=2&c_d=3", "https://a.example/?a=1&b=2&c_d=3"),
        ("~/notes.txt in ~", "~/notes.txt in ~"),
        ("about ~5 MB", "etwa ~5 MB"),
        ("__init__ and && too", "__init__ und && auch"),
        ("a &b and &c", "ein &b und &c"),
        (";\t59\t:\t58", ";\t59\t:\t58"),
        ("tab\there", "Tab\tda und noch viel mehr Text, der kein Tastenkürzel sein kann"),
    ],
)
def test_what_is_no_access_key(source: str, target: str) -> None:
    assert without_access_keys(source, target) == (source, target)


@pytest.mark.parametrize(
    ("source", "target", "clean"),
    [
        ("Verb|Open", "Öffnen", ("Open", "Öffnen")),
        ("Stock label, navigation|Back", "Zurück", ("Back", "Zurück")),
        ("Verb|Open", "Verb|Öffnen", ("Open", "Öffnen")),
        ("female^Archer", "Schützin", ("Archer", "Schützin")),
        ("_: a verb\nOpen", "Öffnen", ("Open", "Öffnen")),
        ("_: a verb\nOpen", "_: a verb\nÖffnen", ("Open", "Öffnen")),
        ("Open", "Öffnen|/|$[dat]", ("Open", "Öffnen")),
        ("Yes|No", "Ja|Nein", ("Yes|No", "Ja|Nein")),
        ("Yes|No", "Ja/Nein", ("Yes|No", "Ja/Nein")),
        ("cat | grep", "cat und grep", ("cat | grep", "cat und grep")),
        ("type^(unknown)", "(inconnu)", ("(unknown)", "(inconnu)")),
        ("x^y", "x hoch y", ("x^y", "x hoch y")),
        ("x^2", "x^2", ("x^2", "x^2")),
        ("(a|b) or c", "a oder b", ("(a|b) or c", "a oder b")),
    ],
)
def test_contexts(source: str, target: str, clean: tuple[str, str]) -> None:
    assert without_context(source, target) == clean


@pytest.mark.parametrize(
    ("msgid", "context"),
    [
        ("translator-credits", None),
        ("translator_credits", None),
        ("Translator Credits", None),
        ("Your names", "NAME OF TRANSLATORS"),
        ("Your emails", "EMAIL OF TRANSLATORS"),
        ("ROLES_OF_TRANSLATORS", None),
        ("_: NAME OF TRANSLATORS\nYour names", None),
        ("_: EMAIL OF TRANSLATORS\nYour emails", None),
    ],
)
def test_credits(msgid: str, context: str | None) -> None:
    assert is_credit(msgid, context)


def test_text_about_names_is_no_credit() -> None:
    assert not is_credit("Your names", None)

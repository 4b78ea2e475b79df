"""Catalogs from public bug reports of translation tools: what came out of each must be right."""

from pathlib import Path

import pytest

from alignment.corpora import read_pairs
from alignment.errors import Malformed

CASES = Path(__file__).parent / "corpora"


def pairs(case: str, language: str, **settings: str) -> list[tuple[str, str]]:
    location = settings.pop("file", "")
    corpus = {"kind": "gettext", "path": CASES / case / location, **settings}
    return [pair[:2] for pair in read_pairs(corpus, language)]


def test_arb() -> None:
    assert pairs("json-arb", "de", pattern="l10n/app_{lang}.arb") == [
        ("The first page title", "Titel der ersten Seite")
    ]


def test_a_dotted_key_beside_a_nested_one() -> None:
    assert pairs("json-dotted-collision", "de", pattern="{lang}.json") == [
        ("Flat dotted key here", "Flacher Schlüssel hier"),
        ("Nested key over there", "Verschachtelter Schlüssel dort"),
    ]


def test_lists_of_different_length_and_icu_messages() -> None:
    assert pairs("json-nested", "de", pattern="i18n/{lang}.json") == [
        ("Welcome home again", "Willkommen daheim"),
        ("no files", "keine Dateien"),
        ("{count} file", "{count} Datei"),
        ("{count} files", "{count} Dateien"),
        ("He went home", "Er ging heim"),
        ("She went home", "Sie ging heim"),
        ("They went home", "Sie gingen heim"),
        ("Read <0>the terms</0> now", "Lesen Sie jetzt <0>die Bedingungen</0>"),
        (
            "Hello {{name}}, you have {{count}} messages",
            "Hallo {{name}}, du hast {{count}} Nachrichten",
        ),
        ("{{count}} day left", "noch {{count}} Tag"),
        ("{{count}} days left", "noch {{count}} Tage"),
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt-BR", "Bom dia br"),
        ("pt", "Bom dia pt"),
        ("zh-TW", "早安TW"),
        ("zh-Hans", "早上好"),
        ("no", "God morgen no"),
        ("nb", "God morgen nb"),
        ("sr", "Добро јутро"),
        ("sr-Latn", "Dobro jutro"),
        ("es", "Buenos días 419"),
    ],
)
def test_spellings_of_a_language(language: str, text: str) -> None:
    assert pairs("json-spellings", language, pattern="{lang}.json") == [
        ("Good morning my friend", text)
    ]


def test_access_keys_contexts_and_credits() -> None:
    assert pairs("po-basic", "de", file="de.po") == [
        ("Open the file", "Datei öffnen"),
        ("Open the file", "Feile öffnen"),
        ("Same in both.", "Same in both."),
        ("Dup message here.", "Erste."),
        ("Dup message here.", "Zweite."),
        ("%d file deleted by %(user)s", "%d Datei von %(user)s gelöscht"),
        ("%d files deleted by %(user)s", "%d Dateien von %(user)s gelöscht"),
        ("Save the document now...", "Dokument jetzt speichern..."),
        ("Print the page", "Seite drucken"),
        (
            "Long text over\ntwo lines with <b>bold</b>.",
            "Langer Text über\nzwei Zeilen mit <b>fett</b>.",
        ),
        ("Changed id of it.", "Geänderte Kennung davon."),
        ("Open", "Öffnen"),
    ]


@pytest.mark.parametrize("case", ["po-comment-nel", "po-flag-no-space"])
def test_comments_and_flags_are_no_reason_to_refuse_a_catalog(case: str) -> None:
    assert pairs(case, "de", file="de.po") == [("Good one here.", "Gute hier.")]


def test_a_flat_directory() -> None:
    assert pairs("po-flat-dir", "de") == [("Good morning friend", "Guten Morgen, Freund")]


def test_a_language_with_one_plural_form() -> None:
    assert pairs("po-plural-ja", "ja", file="ja.po") == [
        ("%d files were found.", "%d 個のファイルが見つかりました。")
    ]


def test_an_unterminated_string() -> None:
    with pytest.raises(Malformed, match=r"de\.po:6: the string has no closing quote"):
        pairs("po-syntax-error", "de", file="de.po")


def test_a_next_line_character_within_a_message() -> None:
    assert pairs("po-u0085", "de", file="de.po") == [("One\x85two three.", "Eins\x85zwei drei.")]

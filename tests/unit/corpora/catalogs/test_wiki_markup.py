"""MediaWiki's messages without their markup."""

import pytest

from alignment.corpora.catalogs.wiki_markup import pair_texts

FILES = "{{PLURAL:$1|One file|$1 files}} in [[Special:Upload|uploads]]"


def test_plural_forms() -> None:
    assert list(pair_texts(FILES, "{{PLURAL:$1|Eine Datei|$1 Dateien}}")) == [
        ("$1 files in uploads", "$1 Dateien"),
        ("One file in uploads", "Eine Datei"),
    ]


def test_a_language_with_three_forms_gives_the_general_one() -> None:
    target = "{{PLURAL:$1|$1 файл|$1 файла|$1 файлов}}"
    assert list(pair_texts(FILES, target)) == [("$1 files in uploads", "$1 файлов")]


def test_a_language_without_forms() -> None:
    assert list(pair_texts(FILES, "$1 個のファイル")) == [
        ("$1 files in uploads", "$1 個のファイル")
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("{{GENDER:$1|he|she|they}} left {{SITENAME}}", "he left {{SITENAME}}"),
        ("{{PLURAL:$1|0=none|12=a dozen|one|many}}", "many"),
        ("of {{GRAMMAR:genitive|{{SITENAME}}}}", "of {{SITENAME}}"),
        ("{{formatnum:$1}} of {{formatnum:{{NUMBEROFPAGES}}|R}}", "$1 of {{NUMBEROFPAGES}}"),
        ("'''bold''' and ''italic''", "bold and italic"),
        ("[[Main Page]] and [[File:x.png|thumb|a picture]]", "Main Page and a picture"),
        ("[https://a.example the terms] and [$1 more]", "the terms and more"),
        ("in [{{fullurl:{{#Special:Log}}|page=x}} the log]", "in the log"),
        ("<strong>Warning:</strong><br />see <span class='x'>it</span>", "Warning: see it"),
        ("{{PLURAL:$1|999=messages}}", "messages"),
        ("<nowiki>[x]</nowiki>", "[x]"),
        ("[[{{MediaWiki:Help}}|help]] {{int:ok}} {{ns:project}}", "help {{int:ok}} {{ns:project}}"),
        ("{{PLURAL:$1|{{GENDER:$2|a|b}}|{{GENDER:$2|c|d}}}}", "c"),
        ("{{PLURAL:$1|never closed", "{{PLURAL:$1|never closed"),
    ],
)
def test_markup(text: str, plain: str) -> None:
    assert next(iter(pair_texts(text, "x"))) == (plain, "x")


def test_hostile_nesting_ends() -> None:
    text = "{{PLURAL:$1|a|" * 500 + "b" + "}}" * 500
    assert next(iter(pair_texts(text, "x")))[1] == "x"

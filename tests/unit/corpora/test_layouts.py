"""Which file of a package is which language's."""

import pytest

from alignment.corpora.layouts import (
    choose,
    gettext_members,
    member_pattern,
    nested_archives,
    pattern_members,
    pivot_members,
)

KOLIBRI = "kolibri/locale/{lang}/LC_MESSAGES/*.json"


@pytest.mark.parametrize(
    ("pattern", "name", "language"),
    [
        (KOLIBRI, "kolibri/locale/sw_TZ/LC_MESSAGES/a.b-messages.json", "sw_TZ"),
        (KOLIBRI, "kolibri/locale/sw_TZ/LC_MESSAGES/deep/a.json", None),
        ("**/{lang}.json", "a/b/cy.json", "cy"),
        ("**/{lang}.json", "cy.json", "cy"),
        ("**/{lang}/x/{lang}.json", "a/b/cy/x/cy.json", "cy"),
        ("**/{lang}/x/{lang}.json", "a/b/cy/x/fi.json", None),
        ("a?/{lang}.json", "ab/cy.json", "cy"),
        ("a?/{lang}.json", "a//cy.json", None),
        ("{lang}.json", "cy_json", None),
    ],
)
def test_member_pattern(pattern: str, name: str, language: str | None) -> None:
    match = member_pattern(pattern).search(name)
    assert (match["lang"] if match else None) == language


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("usr/share/locale/pt_BR/LC_MESSAGES/vlc.mo", "pt_BR"),
        ("locale/sr@latin/LC_MESSAGES/x.po", "sr@latin"),
        ("po/de.po", "de"),
        ("po/zh-Hans.po", "zh-Hans"),
        ("gsw.po", None),
        ("locale/de/LC_MESSAGES/fr.po", "de"),
        ("po/x-qqq.po", None),
        ("po/POTFILES.po", None),
        ("po/xyq.po", None),
        ("locale/x-private-use/LC_MESSAGES/x.po", None),
    ],
)
def test_gettext_layouts(name: str, language: str | None) -> None:
    assert [member.language for member in gettext_members([name])] == ([language] * bool(language))


def test_codes_of_three_letters_need_one_of_two_in_their_folder() -> None:
    names = ["po/gsw.po", "po/de.po", "lt/app.po", "lt/web.po"]
    assert [member.name for member in gettext_members(names)] == ["po/de.po", "po/gsw.po"]


def pairs_of_names(names: list[str], pattern: str, language: str) -> list[tuple[str, str]]:
    """The pivot's file and the translation."""
    members = pattern_members(names, pattern)
    pivots = pivot_members(members, "en")
    return [
        (pivots[member.folder, member.domain].name, member.name)
        for member in choose(members, language)
        if (member.folder, member.domain) in pivots
    ]


@pytest.mark.parametrize(
    ("pattern", "language", "pivot", "translation"),
    [
        (
            "res/values-{lang}/strings.xml",
            "pt-BR",
            "res/values/strings.xml",
            "res/values-pt-rBR/strings.xml",
        ),
        (
            "res/values-{lang}/strings.xml",
            "sr-Latn",
            "res/values/strings.xml",
            "res/values-b+sr+Latn/strings.xml",
        ),
        (
            "src/messages_{lang}.properties",
            "de",
            "src/messages.properties",
            "src/messages_de.properties",
        ),
        (
            "**/{lang}.lproj/*.strings",
            "de",
            "App/Base.lproj/Main.strings",
            "App/de.lproj/Main.strings",
        ),
        (
            "**/{lang}.lproj/*.strings",
            "de",
            "App/en.lproj/Main.strings",
            "App/de.lproj/Main.strings",
        ),
        ("{lang}/policy.json", "cy", "en/policy.json", "cy/policy.json"),
        ("{lang}/{lang}-browser.ftl", "br", "en-GB/en-GB-browser.ftl", "br/br-browser.ftl"),
        ("*.xpi/**/{lang}/*.ftl", "br", "a.xpi/b/en/c.ftl", "a.xpi/b/br/c.ftl"),
    ],
)
def test_the_pivots_file(pattern: str, language: str, pivot: str, translation: str) -> None:
    names = [translation, pivot, "README.md"]
    assert pairs_of_names(names, pattern, language) == [(pivot, translation)]


def test_a_named_file_of_the_pivot_is_preferred_to_the_base() -> None:
    names = ["values/strings.xml", "values-en/strings.xml", "values-cy/strings.xml"]
    assert pairs_of_names(names, "values-{lang}/strings.xml", "cy") == [
        ("values-en/strings.xml", "values-cy/strings.xml")
    ]


def test_files_of_one_name_and_different_formats() -> None:
    names = [f"{code}/app.{suffix}" for code in ("en", "cy") for suffix in ("ftl", "properties")]
    assert len(pairs_of_names(names, "{lang}/app.*", "cy")) == 2


def test_the_descriptions_of_mediawiki_are_no_language() -> None:
    members = pattern_members(["i18n/en.json", "i18n/qqq.json"], "i18n/{lang}.json")
    assert [member.language for member in members] == ["en"]


def test_archives_that_a_pattern_goes_into() -> None:
    nested = nested_archives("**/langpack-{lang}@*.xpi/**/{lang}/*.ftl")
    assert nested is not None
    assert nested.search("usr/lib/langpack-br@firefox.org.xpi")
    assert not nested.search("usr/lib/other.xpi")
    assert nested_archives("**/{lang}.json") is None

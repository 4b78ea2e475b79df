"""ICU messages and the pairs of their variants."""

import pytest

from alignment.corpora.catalogs import icu
from alignment.corpora.catalogs.variants import MAX_VARIANTS, pair_variants

FILES = "{count, plural, =0 {no files} one {# file} other {# files}}"


def pairs(source: str, target: str) -> list[tuple[str, str]]:
    return list(pair_variants(icu.parse(source), icu.parse(target)))


def test_variants_that_both_sides_have() -> None:
    target = "{count, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}"
    assert pairs(FILES, target) == [
        ("{count} file", "{count} plik"),
        ("{count} files", "{count} pliku"),
    ]


def test_a_language_without_plural_forms() -> None:
    assert pairs(FILES, "{count} 個のファイル") == [("{count} files", "{count} 個のファイル")]
    other = "{count, plural, other {# 個のファイル}}"
    assert pairs(FILES, other) == [("{count} files", "{count} 個のファイル")]


def test_text_around_a_choice_and_choices_within() -> None:
    source = "Dear {sex, select, f {Ms {n, plural, one {X} other {Xs}}} other {all}}, hi {{name}}"
    target = "{sex, select, f {Frau {n, plural, one {Y} other {Ys}}} other {alle}}, na {{name}}"
    assert pairs(source, target) == [
        ("Dear Ms X, hi {{name}}", "Frau Y, na {{name}}"),
        ("Dear Ms Xs, hi {{name}}", "Frau Ys, na {{name}}"),
        ("Dear all, hi {{name}}", "alle, na {{name}}"),
    ]


def test_the_same_argument_chooses_the_same_way_everywhere() -> None:
    text = "{n, plural, one {a} other {b}} {n, plural, one {c} other {d}}"
    assert pairs(text, text) == [("a c", "a c"), ("b d", "b d")]


def test_quotes_and_number_signs() -> None:
    text = "it''s {n, plural, offset:1 one {'{#}' #1} other {don't #}} # of {x}"
    assert pairs(text, "x") == [("it's don't {n} # of {x}", "x")]


def test_many_choices_give_a_bounded_number_of_pairs() -> None:
    text = "".join(f"{{a{n}, select, x {{{n}}} other {{-}}}}" for n in range(40))
    assert len(pairs(text, text)) == MAX_VARIANTS


@pytest.mark.parametrize(
    "text",
    [
        "{n, plural, one {a}}",
        "{n, plural, other {a}",
        "{n, plural, other {a}} }",
        "{n, plural, other a}",
        "{n, plural, other {{x}}",
        "{0, choice, 0#none|1#one}",
        "{n, select, other {" * 40 + "}}" * 40,
    ],
)
def test_malformed(text: str) -> None:
    assert icu.has_choice(text)
    with pytest.raises(icu.MessageError):
        icu.parse(text)


@pytest.mark.parametrize("text", ["plain", "{name}", "{{count}} left", "{d, date, short}", "{"])
def test_simple_arguments_are_no_choice(text: str) -> None:
    assert not icu.has_choice(text)

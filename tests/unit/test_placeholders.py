import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.placeholders import OPENERS, PLACEHOLDER, flatten_choices


@pytest.mark.parametrize(
    "placeholder",
    [
        "%(name)s",
        "%(count)03d",
        "%s",
        "%%",
        "%#x",
        "%-5d",
        "%.2f",
        "%ld",
        "%zu",
        "%@",
        "%1$s",
        "%2$@",
        "%1$#08x",
        "%count%",
        "%Name",
        "%USER_NAME%",
        "{}",
        "{0}",
        "{count}",
        "{{ name }}",
        "${x}",
        "%{count}",
        "#{count}",
        "<b>",
        "</a>",
        "<a href='x'>",
        "%n",
        "%<name>s",
        "%*d",
        "%'d",
        "{name!r:>10}",
        "{user.name}",
        "{items[0]}",
        "{ $user }",
        "{ -brand-name }",
        "{ NUMBER($x, minimumFractionDigits: 2) }",
        "{when, date, short}",
        "{0,10:N2}",
        "{{{x}}}",
        "{{ a|upper }}",
        "{% url 'x' %}",
        "{# note #}",
        "{{PLURAL:$1|page|pages}}",
        "$NAME$",
        "$name",
        "$t(key)",
        "<0>",
        "</0>",
        "< b >",
        "<br/>",
        "<!-- note -->",
        "ftp://example.org/a",
        "https://пример.рф",
        "&nbsp;",
        "&#160;",
        "https://example.org/a?b=1",
    ],
)
def test_placeholders(placeholder: str) -> None:
    text = f"see {placeholder} now"
    assert [match.group() for match in PLACEHOLDER.finditer(text)] == [placeholder]


@pytest.mark.parametrize(
    "text",
    [
        "100 % of it",
        "50%discount",
        "5%",
        "a < b",
        "R&D",
        "{ open",
        "http:/x",
        "%5 indirim",
        "# 1 $ 2",
        "{see below}",
        "{note: this is text}",
        "5 < 6 and 7 > 3",
        "it costs $5",
        "100 %sure",
        "%50 indirim",
    ],
)
def test_plain_text(text: str) -> None:
    assert PLACEHOLDER.search(text) is None


def test_a_letter_after_a_positional_placeholder_is_text() -> None:
    """Suffixes are attached to it in some languages."""
    assert PLACEHOLDER.sub("#", "%1$sin sivu, %2$d.") == "#in sivu, #."


def test_placeholders_may_follow_each_other() -> None:
    matches = [match.group() for match in PLACEHOLDER.finditer("%d%s{a}{b}<b>%1$d")]
    assert matches == ["%d", "%s", "{a}", "{b}", "<b>", "%1$d"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("詳細はhttps://example.org/a.htmlをご覧ください。", "https://example.org/a.html"),
        ("请访问https://example.org/。", "https://example.org/"),
        ("(see https://example.org/a?b=1).", "https://example.org/a?b=1"),
        ('<a> "https://example.org" x', "https://example.org"),
        ("https://ru.wikipedia.org/wiki/Россия", "https://ru.wikipedia.org/wiki/"),
    ],
)
def test_an_address_ends_where_its_characters_end(text: str, address: str) -> None:
    matches = [match.group() for match in PLACEHOLDER.finditer(text)]
    assert matches[-1] == address


@pytest.mark.parametrize(
    ("text", "flat"),
    [
        ("{n, plural, one {# page} other {# pages}}", "{n} # page # pages"),
        ("a {n, plural, =0 {no {x}} other {# {x}}} b", "a {n} no {x} # {x} b"),
        ("{g, select, male {he} other {they}}", "{g} he they"),
        (
            "{g, select, a {{n, plural, offset:1 one {x} other {y}}} other {z}}",
            "{g} {n} x y z",
        ),
        ("{n, plural, one {broken", "{n} broken"),
        ("{n, number} and {m}", "{n, number} and {m}"),
    ],
)
def test_choices_are_flattened(text: str, flat: str) -> None:
    assert flatten_choices(text) == flat


@given(st.text(alphabet="{},a plurseo=0#", max_size=40))
def test_flattening_ends(text: str) -> None:
    flatten_choices("{n, plural, " + text)


@given(st.text(alphabet="%{}<>&;$#()dsx1a: /htps@", max_size=20))
def test_every_match_has_an_opener(text: str) -> None:
    for match in PLACEHOLDER.finditer(text):
        assert set(match.group()) & set(OPENERS)

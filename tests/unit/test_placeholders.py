import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.placeholders import OPENERS, PLACEHOLDER


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


@given(st.text(alphabet="%{}<>&;$#()dsx1a: /htps@", max_size=20))
def test_every_match_has_an_opener(text: str) -> None:
    for match in PLACEHOLDER.finditer(text):
        assert set(match.group()) & set(OPENERS)

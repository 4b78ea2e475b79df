import pytest

from alignment.cleaning.escapes import unescape
from alignment.cleaning.normalize import normalize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("It&#39;s &#x27;fine&#x27;", "It's 'fine'"),
        ("&quot;Hi&quot;, L&eacute;a", '"Hi", Léa'),
        ("5 &lt; 6", "5 < 6"),
        ("&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"),
        ("&AMP; &copy;", "& ©"),
        ("&apos;s &#124; &bar; &#91;x&#93;", "'s | | [x]"),
        ("& quot ; Hi & quot ; , it & # 39 ; s &amp ; so", '" Hi " , it \' s & so'),
        ("&#55357;&#56832; &#xD83D;&#xDE00;", "😀 😀"),
        ("&#55357; &#0;", "\ufffd \ufffd"),
        ("It&#146;s", "It’s"),
        ("Tom &amp Jerry&quot", 'Tom & Jerry"'),
        ("x?a=1&amp;copy=2&copy=3", "x?a=1&copy=2&copy=3"),
        ("blue @-@ green @/@ red 1 @,@ 000", "blue-green/red 1,000"),
        ("wo@@ rd par@@ ts", "word parts"),
    ],
)
def test_escapes(text: str, expected: str) -> None:
    assert unescape(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Write &amp; in place of &.",
        "Ersetzen Sie & durch &amp;",
        "&lt; stands for <",
        'Type "&nbsp;" twice',
        "Use `&amp;` here",
        "Mit „&quot;“ beginnen",
        "R&D; Q&A",
        "a & b; c",
        "&brandShortName; is here",
        "AT&T and @home, me@example.org",
        "@@ -1,2 +1,2 @@",
        "&notaname; &;",
        "x?a=1&lt=5&gt/2&amp_x",
    ],
)
def test_text_that_is_kept(text: str) -> None:
    assert unescape(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom &amp;amp; Jerry&amp;#39;s", "Tom & Jerry's"),
        ("Write &amp;amp; in place of &amp;.", "Write &amp; in place of &."),
        ("&amp;quot;Q&amp;amp;A&amp;quot;", '"Q&A"'),
    ],
)
def test_text_that_was_escaped_twice(text: str, expected: str) -> None:
    """Also if it is about references: one level is left then."""
    assert normalize(text) == expected

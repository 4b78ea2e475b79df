import pytest

from alignment.cleaning.marks import marks, unmatched_share


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("%s and {count} and %s", {"%1", "%2", "{count}"}),
        ("<A href='x'>link</a >", {"<a"}),
        ("</ b> <br/>", {"<b", "<br"}),
        ("100 %% of R&amp;D", set()),
        ("&brandShortName; &nbsp; &#39;", {"&brandShortName;"}),
        ("see http://a.org/x?y=1 now", {"://a"}),
        ("https://en.wikipedia.org/wiki/A https://www.bbc.co.uk", {"://wikipedia", "://bbc"}),
        ("http://me@localhost:80/x", {"://localhost"}),
        ("<!-- note -->", {"<!"}),
        ("{} {} {5}", {"{0}", "{1}", "{5}"}),
        ("git clone <repository>", {"<...>"}),
        ("<g>x</g> <x/> <y id='1'>", {"<g", "<x", "<y"}),
        ("{n, plural, one {# of {x}} other {# of {x}}}", {"{n}", "{x}"}),
        ("{{PLURAL:$1|page|pages}} {{GENDER:$2|he|she}}", set()),
        ("{% trans 'x' %} {# note #}", {"{%trans"}),
    ],
)
def test_names(text: str, names: set[str]) -> None:
    assert marks(text).names == names


def test_counts() -> None:
    assert marks("%s %d {count} {name} %(num_pages)s {total}").counts == {
        "%2",
        "{count}",
        "{num_pages}",
        "{total}",
    }


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Hello {{ name }}, welcome back", "Willkommen zurück, {{name}}"),
        ("%s of %s files", "%2$s Dateien, %1$s davon"),
        ("%@ of %@", "%2$@, %1$@"),
        ("{} of {}", "{1} von {0}"),
        ("Hi {name!r:>10}", "Hallo {name}"),
        ("{ $user } left", "{$user} ging"),
        ("{{ a|upper }} x", "{{a}} y"),
        ("{d, date, short} x", "{d,date,long} y"),
        ("%ld of %.2f", "%d von %f"),
        ("%ds left", "noch %d s"),
        ("#{a} ${b} %{c}", "#{ a } ${ b } %{c}"),
        ("$NAME$ is here", "hier ist $NAME$"),
        ("%<a>s x", "y %<a>s"),
        ("<0>Click</0> here", "Hier <0>klicken</0>"),
        ("x<br>y", "x<br />y"),
        ("< b >x< / b >", "<b>x</b>"),
        ("git clone <repository>", "git clone <Depot>"),
        ("a < b and c > d", "a < b und c > d"),
        ("5 < 6 and 7 > 3", "5 < 6 und 7 > 3"),
        ("text {see below}", "Text {siehe unten}"),
        ("it costs $5", "kostet 5 $"),
        ("%1 of %2", "%2 von %1"),
        ("100% de", "100 % von"),
        ("Use {x} and {x}", "{x} verwenden"),
        ("%d file", "eine Datei"),
        ("{count} page", "eine Seite"),
        ("%n page(s)", "eine Seite"),
        (
            "See https://example.org/a.html for more.",
            "詳細はhttps://example.org/a.htmlをご覧ください。",
        ),
        ("(see http://x.org/a)", "（http://x.org/aを参照）"),
        ("https://en.wikipedia.org/wiki/X", "https://de.wikipedia.org/wiki/Y"),
        ("{n, plural, one {# file} other {# files}}", "{n, plural, few {# pliki} other {# pliku}}"),
        ("{{PLURAL:$1|page|pages}}", "$1 Seiten"),
        ("no %(kind)s match <em>%(query)s</em>", "%(kind)s nicht zu %(query)s"),
    ],
)
def test_spellings_that_are_kept(source: str, target: str) -> None:
    assert unmatched_share(marks(source), marks(target)) <= 0.5


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Dear %(name)s, hello", "Hyvä %(nimi)s, hei"),
        ("See http://a.org and <b>this</b>", "Katso tätä"),
        ("%s", "x"),
        ("%d of %d", "x"),
        ("{a} {b}", "{c} {d}"),
        ("{name} x", "y"),
        ("%1$s", "%2$s"),
        ("<b>x</b>", "y"),
        ("https://a.com", "https://b.com"),
        ("{{ a }}", "{{ b }}"),
        ("&brandShortName; x", "y"),
        ("$NAME$", "x"),
        ("{n, plural, one {a} other {b}}", "{m, plural, one {a} other {b}}"),
    ],
)
def test_marks_that_are_missing(source: str, target: str) -> None:
    assert unmatched_share(marks(source), marks(target)) > 0.5

from alignment.cli.display.console import console
from alignment.cli.display.semantic import print_semantic
from tests.support import line_with
from tests.unit.report.test_semantic import FILTERS


def test_a_row_for_each_language() -> None:
    with console.capture() as capture:
        print_semantic(FILTERS)
    text = capture.get()
    assert "1,200" in line_with("Welsh", text)
    assert "left alone" in line_with("Irish", text)


def test_nothing_without_the_filter() -> None:
    with console.capture() as capture:
        print_semantic({})
    assert capture.get() == ""

"""Every folder of small corpora has a test that names it."""

from pathlib import Path

TESTS = Path(__file__).parent


def test_every_case_has_a_test() -> None:
    sources = "".join(path.read_text() for path in TESTS.glob("test_*.py"))
    cases = [path.name for path in (TESTS / "corpora").iterdir()]
    assert cases
    assert [name for name in cases if f'"{name}' not in sources] == []

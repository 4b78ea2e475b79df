import gzip
from pathlib import Path

import pytest

from alignment.config import LocalCorpus
from alignment.corpora import estimates
from alignment.corpora.estimates import about_lines, has_plain_lines


def test_lines_of_all_files_by_their_first_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "BYTES_READ", 100)
    (tmp_path / "a.tsv").write_text("1234\t6789\n" * 500)
    (tmp_path / "b.txt").write_text("no line break at the end")
    (tmp_path / "c.csv").touch()
    assert about_lines(sorted(tmp_path.iterdir())) == 501


def test_files_that_would_have_to_be_read(tmp_path: Path) -> None:
    packed = tmp_path / "a.tsv.gz"
    packed.write_bytes(gzip.compress(b"a\tb\n"))
    assert about_lines([packed]) is None
    assert about_lines([tmp_path / "missing.tsv"]) is None


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"path": "a-{lang}.tsv"}, True),
        ({"path": "a.tmx"}, False),
        ({"path": "a.tsv", "columns": {"source": "a", "target": "b", "language": "c"}}, False),
        ({"url": "https://example.org/a.tsv"}, False),
    ],
)
def test_files_with_one_language(settings: dict[str, object], expected: bool) -> None:
    corpus = LocalCorpus.model_validate({"kind": "local", "license": "MIT", **settings})
    assert has_plain_lines(corpus) is expected

"""Files from public bug reports: translation memories, XLIFF, tables and Hub datasets.

Each folder of `corpora` is one case; the test says what is right.
"""

import logging
from pathlib import Path
from typing import Any

import pytest

from alignment.config import HubCorpus, LocalCorpus
from alignment.corpora import open_source
from alignment.corpora.source import Source
from alignment.downloads import Downloads
from alignment.errors import ConfigError, Malformed
from alignment.types import SentencePair

CASES = Path(__file__).parent / "corpora"
HUB_COLUMNS = {"source": "sourceString", "target": "targetString"}


def local(name: str, **settings: Any) -> Source:
    corpus = LocalCorpus(kind="local", path=CASES / name, **settings)
    return open_source(corpus, Downloads(CASES), "en")


def hub(name: str, **settings: Any) -> Source:
    corpus = HubCorpus(kind="hub", dataset=str(CASES / name), **settings)
    return open_source(corpus, Downloads(CASES), "en")


def texts(source: Source, language: str = "de") -> list[tuple[str, str]]:
    return [pair[:2] for pair in source.pairs(language)]


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("csv-blank-line/a.csv", [("One two.", "Eins zwei."), ("Three four.", "Drei vier.")]),
        ("csv-tab/a.csv", [("One two three.", "Eins zwei drei.")]),
        ("jsonl-ok/a.jsonl", [("One two three.", "Eins zwei drei."), ("Four five.", "")]),
        (
            "tsv-blank-line/a.tsv",
            [("One two three.", "Eins zwei drei."), ("Four five six.", "Vier fünf sechs.")],
        ),
        ("tsv-utf16/a.tsv", [("One two three.", "Für drei Ärzte.")]),
        ("zip-macosx/a.tsv.zip", [("One two three.", "Eins zwei drei.")]),
        (
            "tmx-inline-tags/a.tmx",
            [("Press Save to keep it.", "Drücken Sie Speichern, um es zu behalten.")],
        ),
        (
            "tmx-trados-rtf-tags/a.tmx",
            [("Turn the red valve slowly.", "Drehen Sie das rote Ventil langsam.")],
        ),
        (
            "tmx-several-tuv/a.tmx",
            [
                ("The house is old.", "Das Haus ist alt."),
                ("The house is old.", "Das Haus ist ziemlich alt."),
            ],
        ),
        (
            "xlf12-mqxliff/a.mqxliff",
            [("A plain memoQ sentence.", "Ein einfacher memoQ-Satz.")],
        ),
        ("xlf12-sdlxliff/a.sdlxliff", [("One hand.", "Eine Hand.")]),
        ("xlf12-txlf/a.txlf", [("A plain sentence here.", "Ein einfacher Satz hier.")]),
        ("xlf12-mrk-partial/a.xlf", [("Second sentence there.", "Dort der zweite Satz.")]),
        (
            "xlf12-seg-source-mrk/a.xlf",
            [
                ("First sentence here.", "Hier der erste Satz."),
                ("Second sentence there.", "Dort der zweite Satz."),
            ],
        ),
        (
            "xlf12-states/a.xlf",
            [("Save the file first.", "Speichern Sie zuerst die Datei.")],
        ),
        ("xlf12-two-files/a.xlf", [("The first file is German.", "Die erste Datei ist deutsch.")]),
    ],
)
def test_what_is_read(name: str, pairs: list[tuple[str, str]]) -> None:
    assert texts(local(name)) == pairs


@pytest.mark.parametrize(
    ("name", "skipped"),
    [
        ("tmx-raw-control/a.tmx", {"damaged unit": 1}),
        ("xlf12-two-files/a.xlf", {"no target language": 1}),
        ("xlf12-sdlxliff/a.sdlxliff", {"untranslated": 1}),
        (
            "xlf12-states/a.xlf",
            {
                "state needs-translation": 1,
                "state new": 1,
                "state needs-review-translation": 1,
                "not to be translated": 1,
            },
        ),
    ],
)
def test_what_is_skipped_is_counted(name: str, skipped: dict[str, int]) -> None:
    source = local(name)
    assert len(texts(source)) == (name != "tmx-raw-control/a.tmx")
    assert source.skipped.counts == skipped


def test_every_skipped_unit_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "alignment.corpora.skips"):
        texts(local("xlf12-states/a.xlf"))
    assert "a.xlf:2: skipped: state needs-translation" in caplog.text


def test_a_language_that_comes_late(tmp_path: Path) -> None:
    """The case `tmx-language-after-2000-units`, which is too large to be copied."""
    unit = (
        '<tu><tuv xml:lang="en"><seg>House {0}</seg></tuv>'
        '<tuv xml:lang="{1}"><seg>{2} {0}</seg></tuv></tu>'
    )
    german = [unit.format(number, "de", "Haus") for number in range(2100)]
    french = [unit.format(number, "fr", "Maison") for number in range(500)]
    path = tmp_path / "a.tmx"
    path.write_text(f"<tmx><body>{''.join(german + french)}</body></tmx>")
    source = open_source(LocalCorpus(kind="local", path=path), Downloads(tmp_path), "en")
    assert source.languages() == {"en", "de", "fr"}
    assert len(texts(source, "fr")) == 500


def test_a_table_without_a_header() -> None:
    with pytest.raises(ConfigError, match=r"no header row.*\n.*\{source: 1, target: 2\}"):
        texts(local("tsv-no-header/a.tsv"))
    numbered = local("tsv-no-header/a.tsv", columns={"source": 1, "target": 2})
    assert texts(numbered) == [
        ("Good morning to you.", "Guten Morgen dir."),
        ("One two three.", "Eins zwei drei."),
    ]


def test_xliff_that_does_not_name_its_target_language(tmp_path: Path) -> None:
    name = "xlf12-no-target-lang/a.xlf"
    with pytest.raises(ConfigError, match=r"does not name the language.*\n.*\{lang\}"):
        texts(local(name))
    pair = ("The cat sleeps on the sofa.", "Die Katze schläft auf dem Sofa.")
    assert texts(local(name, languages={"include": ["de"]})) == [pair]
    (tmp_path / "messages.de.xlf").write_bytes((CASES / name).read_bytes())
    corpus = LocalCorpus(kind="local", path=tmp_path / "messages.{lang}.xlf")
    source = open_source(corpus, Downloads(tmp_path), "en")
    assert texts(source) == [pair]
    assert texts(source, "fr") == []


@pytest.mark.parametrize(
    ("language", "pair"),
    [
        ("de", ("Good morning, my friend.", "Guten Morgen, mein Freund.")),
        ("fi", ("Good morning, my friend.", "Hyvää huomenta, ystäväni.")),
    ],
)
def test_hub_columns_by_side(language: str, pair: tuple[str, str]) -> None:
    source = hub("hub-tatoeba-mt-sides", configuration="{pair}", columns=HUB_COLUMNS)
    assert list(source.pairs(language)) == [SentencePair(*pair, "train:0")]


def test_a_missing_hub_column() -> None:
    source = hub("hub-missing-col", columns={"source": "en", "target": "de"})
    with pytest.raises(ConfigError, match="no column 'en'; the dataset has english, german"):
        texts(source)


def test_a_hub_column_of_lists() -> None:
    source = hub("hub-list-target", columns={"source": "en", "target": "de"})
    with pytest.raises(Malformed, match="train:0: de: expected text, got list"):
        texts(source)

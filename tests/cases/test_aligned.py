"""Files whose lines are shifted against each other, as users have reported them."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment import layout
from alignment.checks.excerpts import read_excerpts
from alignment.cleaning.langid import load_identifier
from alignment.config import LocalCorpus
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.stages.check import check_corpora
from alignment.stages.pull import pull
from alignment.store import Store
from alignment.types import CorpusAlignment
from tests.fake_encoder import FakeEncoder

CASES = Path(__file__).parent / "corpora"
GERMAN = """Die Sitzung beginnt morgen um neun Uhr.
Bitte schließen Sie das Fenster.
Der Zug nach Hamburg hat Verspätung.
Ich habe meinen Schlüssel verloren.
Das Museum ist montags geschlossen.
Wo finde ich die nächste Apotheke?
Die Rechnung wurde bereits bezahlt.
Es regnet seit drei Tagen.
Unser Hund schläft unter dem Tisch.
Sie spielt jeden Abend Klavier.
Der Vertrag endet im Dezember.
Können Sie das wiederholen?
Die Suppe ist noch zu heiß.
Er arbeitet in einem Krankenhaus.
Das Dorf liegt hinter dem Berg.
Wir brauchen mehr Papier.
Der Arzt kommt heute nicht.
Im Winter ist der See gefroren.
Meine Schwester lernt Spanisch.
""".splitlines()
ENGLISH = """The meeting begins tomorrow at nine.
Please close the window.
The train to Hamburg is late.
I have lost my key.
The museum is closed on Mondays.
Where is the nearest pharmacy?
The invoice has already been paid.
It has been raining for three days.
Our dog sleeps under the table.
She plays the piano every evening.
The contract ends in December.
Could you repeat that?
The soup is still too hot.
He works in a hospital.
The village is behind the mountain.
We need more paper.
The doctor is not coming today.
In winter the lake is frozen.
My sister is learning Spanish.
""".splitlines()
ENCODER = FakeEncoder(zip(ENGLISH, GERMAN, strict=True))


def checked(directory: Path, source: Path, target: Path) -> CorpusAlignment:
    context = RunContext(Store(directory / "store"), Downloads(directory / "d"), "en", seed=1)
    corpus = LocalCorpus(kind="local", path=source, target_path=target, name="a", license="CC0-1.0")
    pulled = pull(context, "de", (corpus,))
    excerpts = read_excerpts(pulled.path / layout.EXCERPTS)
    return check_corpora(excerpts, "en", "de", ENCODER.encode, load_identifier(None))["a"]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_three_pairs_are_too_few_to_tell(tmp_path: Path) -> None:
    case = CASES / "moses-shifted"
    result = checked(tmp_path, case / "a.en", case / "a.de")
    assert result.verdict == "too_few_pairs"


@pytest.mark.parametrize(
    ("german", "words"),
    [
        (["", *GERMAN[:-1]], "the translation of a source is one line after it"),
        ([*GERMAN[1:], ""], "the translation of a source is one line before it"),
        (["", "", *GERMAN[:-2]], "the translation of a source is 2 lines after it"),
    ],
    ids=["a blank line at the start", "a line lost at the start", "two blank lines"],
)
def test_nineteen_shifted_lines(tmp_path: Path, german: list[str], words: str) -> None:
    source = write(tmp_path / "a.en", ENGLISH)
    result = checked(tmp_path, source, write(tmp_path / "a.de", german))
    assert result.verdict == "shifted"
    assert words in result.message


def test_nineteen_right_lines(tmp_path: Path) -> None:
    source = write(tmp_path / "a.en", ENGLISH)
    result = checked(tmp_path, source, write(tmp_path / "a.de", GERMAN))
    assert result.verdict == "aligned"

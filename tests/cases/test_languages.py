"""Small corpora from public bug reports about languages and scripts, and what is right for each."""

from pathlib import Path

import pytest

from alignment.cleaning.batch import Context
from alignment.config import GettextCorpus, HubCorpus, LocalCorpus
from alignment.context import RunContext
from alignment.corpora import Source, open_source
from alignment.corpora.hub import HubSource
from alignment.downloads import Downloads
from alignment.errors import EmptyCorpus
from alignment.stages.pull import pull
from alignment.store import Store
from tests.unit.cleaning.rows import cleaned, row

CASES = Path(__file__).parent / "corpora"


def opened(corpus: LocalCorpus | GettextCorpus, tmp_path: Path, *, pivot: str = "en") -> Source:
    return open_source(corpus, Downloads(tmp_path), pivot)


def table(name: str, **settings: object) -> LocalCorpus:
    return LocalCorpus.model_validate({"kind": "local", "path": CASES / name, **settings})


def targets(source: Source, language: str) -> list[str]:
    return [pair.target for pair in source.pairs(language)]


def kept(source: Source, pivot: str, language: str) -> int:
    rows = [row(pair.source, pair.target) for pair in source.pairs(language)]
    return len(cleaned(rows, context=Context(pivot, language))[0])


@pytest.mark.parametrize(
    "language", ["acm", "azb", "crh", "kaa", "lad", "nog", "pbt", "shi", "xal"]
)
def test_scripts_that_cldr_does_not_tell(language: str, tmp_path: Path) -> None:
    source = opened(table(f"lang-azb-crh/{language}.tsv"), tmp_path)
    assert kept(source, "en", language) == 3


@pytest.mark.parametrize(
    ("language", "configuration"),
    [
        ("pt-BR", "en-pt_br"),
        ("pt", "en-pt"),
        ("sq", "sq-en"),
        ("zh-CN", "en-zh_cn"),
        ("zh", "en-zh"),
        ("sr-Latn", "en-sr_Latn"),
        ("sr", None),
        ("gsw", "als-en"),
    ],
)
def test_configurations_of_a_dataset(
    language: str, configuration: str | None, tmp_path: Path
) -> None:
    pytest.importorskip("datasets")
    corpus = HubCorpus(kind="hub", dataset=str(CASES / "hub-pair-variants"), configuration="{pair}")
    spelling = configuration and configuration.removeprefix("en-").removesuffix("-en")
    assert HubSource(corpus, Downloads(tmp_path), "en").spelling(language) == spelling


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt-BR", "Bom dia amigo br"),
        ("pt", "Bom dia amigo pt"),
        ("pt-PT", "Bom dia amigo pt"),
        ("no", "God morgen venn no"),
        ("nb", "God morgen venn nb"),
        ("nn", "God morgon ven"),
        ("sr-Latn", "Dobro jutro drugi"),
        ("sr", "Добро јутро пријатељу"),
        ("uz-Cyrl", "Хайрли тонг дўстим"),
        ("uz", "Xayrli tong do'stim"),
        ("ca-valencia", "Bon dia val"),
        ("zh", "早上好朋友"),
        ("zh-Hant", "早安朋友"),
    ],
)
def test_folders_of_catalogs(language: str, text: str, tmp_path: Path) -> None:
    corpus = GettextCorpus(kind="gettext", path=CASES / "po-dir-spellings")
    assert targets(opened(corpus, tmp_path), language) == [text]


def test_a_posix_modifier_is_read_where_nothing_else_is(tmp_path: Path) -> None:
    folder = tmp_path / "locale/sr@latin/LC_MESSAGES"
    folder.mkdir(parents=True)
    original = CASES / "po-dir-spellings/locale/sr@latin/LC_MESSAGES/app.po"
    (folder / "app.po").write_bytes(original.read_bytes())
    source = opened(GettextCorpus(kind="gettext", path=tmp_path), tmp_path)
    assert targets(source, "sr-Latn") == ["Dobro jutro prijatelju"]
    assert targets(source, "sr") == []


def test_spellings_in_a_language_column(tmp_path: Path) -> None:
    corpus = table("tsv-lang-col/a.tsv", columns={"language": "lang"})
    source = opened(corpus, tmp_path)
    assert targets(source, "de") == ["Eins zwei drei.", "Sechs sieben.", "Neun zehn.", "Vier."]
    assert targets(source, "fr") == ["Un deux."]


def test_a_pivot_without_spaces(tmp_path: Path) -> None:
    source = opened(table("pivot-japanese/a.tsv"), tmp_path, pivot="ja")
    rows = [row(pair.source, pair.target) for pair in source.pairs("ko")]
    assert len(rows) == 20
    _, dropped = cleaned(rows, context=Context("ja", "ko"))
    assert dropped.get("too_few_words", 0) == dropped.get("wrong_script", 0) == 0


def test_placeholders_are_not_in_the_wrong_script(tmp_path: Path) -> None:
    source = opened(table("filter-script-markup-zh/a.tsv"), tmp_path)
    assert kept(source, "en", "zh-Hans") == 3


def test_names_in_place_of_codes(tmp_path: Path) -> None:
    context = RunContext(Store(tmp_path / "store"), Downloads(tmp_path), pivot="en", seed=1)
    with pytest.raises(EmptyCorpus) as caught:
        pull(context, "nb", (table("tmx-badlang/a.tmx"),))
    assert "'English', 'Norwegian (Bokmal)' are no language codes" in str(caught.value.hint)

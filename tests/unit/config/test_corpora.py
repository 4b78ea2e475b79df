import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from alignment.config import Corpus, GettextCorpus, LocalCorpus, is_disabled
from alignment.config.corpora import CORPUS_KINDS

CORPUS: TypeAdapter[Corpus] = TypeAdapter(Corpus)


def corpus(text: str) -> Corpus:
    return CORPUS.validate_python(yaml.safe_load(text))


@pytest.mark.parametrize("kind", CORPUS_KINDS)
def test_example_is_valid(kind: str) -> None:
    example = corpus(CORPUS_KINDS[kind].example)
    assert type(example) is CORPUS_KINDS[kind]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{kind: gettext, package: django, version: "5"}', "django"),
        ("{kind: gettext, installed: sphinx}", "sphinx"),
        ("{kind: gettext, path: /srv/app/locale}", "locale"),
        ("{kind: gettext, url: 'https://example.org/app.tar.xz'}", "app.tar.xz"),
        ("{kind: gettext, deb: vlc-l10n, version: '1:3.0'}", "vlc-l10n"),
        ("{kind: gettext, deb: [vlc-l10n, vlc], version: '1'}", "vlc-l10n"),
        ("{kind: local, path: 'data/court.{lang}.tsv.gz'}", "court"),
        ("{kind: local, path: '{lang}/*.tmx'}", "local"),
        ("{kind: local, url: 'https://example.org/laws-{lang}.tsv'}", "laws"),
        ("{kind: local}", "off"),
        ("{kind: hub, dataset: Helsinki-NLP/opus-100}", "Helsinki-NLP/opus-100"),
        ("{kind: opus, corpus: NLLB, version: v1}", "OPUS-NLLB"),
        ("{kind: tatoeba}", "tatoeba"),
        ("{kind: sacrebleu, test_set: wmt22}", "wmt22"),
        ("{kind: mtdata, dataset: Statmt-europarl-10}", "Statmt-europarl-10"),
        ("{kind: prebuilt_triplets, path: nli.jsonl.gz}", "nli"),
    ],
)
def test_default_name(text: str, name: str) -> None:
    assert corpus(text).display_name == corpus(text).default_name == name


def test_configured_name() -> None:
    assert corpus("{kind: tatoeba, name: weekly}").display_name == "weekly"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{kind: gettext}", "set exactly one of package, deb, installed, path and url; got none"),
        ("{kind: gettext, path: a, installed: b}", "got installed and path"),
        ("{kind: gettext, package: django}", "django needs the exact version"),
        ("{kind: gettext, deb: vlc-l10n}", "as `apt-cache madison vlc-l10n` prints it"),
        ("{kind: gettext, deb: '-o=x', version: '1'}", "'-o=x' is not the name"),
        ("{kind: gettext, deb: [], version: '1'}", "deb names no package"),
        ("{kind: gettext, deb: [vlc, ../x], version: '1'}", "'../x' is not the name"),
        ("{kind: gettext, deb: vlc, version: '1 -o x'}", "needs the exact version"),
        ("{kind: gettext, path: a, pattern: '*.json'}", "must contain {lang}"),
        ("{kind: local, path: a, url: b}", "set a path or a url, not both"),
        ("{kind: prebuilt_triplets, path: a, language: welsh}", "did you mean 'cy'"),
    ],
)
def test_wrong_corpus(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        corpus(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{kind: local, path: a.tsv}", False),
        ("{kind: local, path: 'a.{lang}.tsv'}", True),
        ("{kind: local, path: a.en, target_path: 'a.{lang}'}", True),
        ("{kind: local, path: a.tsv, columns: {target: '{lang}'}}", True),
        ("{kind: local, path: a.tsv, columns: {language: lang}}", True),
        ("{kind: local, path: a.tsv, columns: {source: 1, target: 2}}", False),
        ("{kind: local, path: 'a/{lang}/b.tsv'}", True),
        ("{kind: local, path: a.sdlxliff}", True),
        ("{kind: local, path: 'a/*.XLF.gz'}", True),
        ("{kind: local, path: a.ts}", True),
        ("{kind: local, path: a.xlsx.tsv}", False),
        ("{kind: local, url: 'https://example.org/a.tmx?x=1'}", True),
        ("{kind: local, path: a.TMX}", True),
        ("{kind: local, url: 'https://example.org/a.xliff'}", True),
    ],
)
def test_has_language_info(text: str, expected: bool) -> None:
    local = corpus(text)
    assert isinstance(local, LocalCorpus)
    assert local.has_language_info() is expected


def test_disabled() -> None:
    assert is_disabled(LocalCorpus(kind="local"))
    assert not is_disabled(corpus("{kind: local, path: a}"))
    assert not is_disabled(corpus("{kind: local, url: a}"))
    assert not is_disabled(GettextCorpus(kind="gettext", installed="a"))

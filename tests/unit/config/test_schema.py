import pytest

from alignment.config import Clean, Config, Gate, GettextCorpus, LocalCorpus, Train
from alignment.config.base import Section
from alignment.config.config import GateOverride, LanguageOverrides
from alignment.config.corpora import CORPUS_KINDS
from alignment.config.corpus_base import Columns, LanguageChoice
from alignment.config.encoder import ENCODER_SOURCES, HubEncoder
from alignment.config.keys import KeyPath
from alignment.config.schema import keys_by_section, locate, section_name


@pytest.mark.parametrize(
    ("location", "path", "section"),
    [
        ((), "", Config),
        (("train",), "train", Train),
        (("train", "steps"), "train.steps", None),
        (("train", "freeze", 0, "int"), "train.freeze.0", None),
        (("train", "typo"), "train.typo", None),
        (("encoder", "hub"), "encoder", HubEncoder),
        (("encoder", "hub", "revision"), "encoder.revision", None),
        (("corpora", 0, "gettext"), "corpora.0", GettextCorpus),
        (("corpora", 2, "local", "columns"), "corpora.2.columns", Columns),
        (("corpora", 0, "hub", "columns", "source"), "corpora.0.columns.source", None),
        (("corpora", 0, "opus", "languages"), "corpora.0.languages", LanguageChoice),
        (("holdout", "suites", "mine", "local"), "holdout.suites.mine", LocalCorpus),
        (("holdout", "suites", "a b", "[key]"), "holdout.suites.a b", None),
        (("languages", "cy"), "languages.cy", LanguageOverrides),
        (("control", "cy", "gate"), "control.cy.gate", GateOverride),
    ],
)
def test_locate(location: KeyPath, path: str, section: type[Section] | None) -> None:
    result = locate(location)
    assert ".".join(map(str, result.path)) == path
    if path.endswith("a b"):  # the value's section, although the error is about the key
        return
    assert result.section is section


def test_every_section_has_a_name() -> None:
    for section in all_sections(Config):
        assert section_name(section) in keys_by_section()


def test_every_key_has_a_description() -> None:
    for section in all_sections(Config):
        for key, field in section.model_fields.items():
            assert field.description, f"{section.__name__}.{key}"
            assert field.description.endswith((".", ".", ")")), f"{section.__name__}.{key}"


def test_keys_by_section() -> None:
    keys = keys_by_section()
    assert {"floor", "alpha", "min_queries"} < keys["gate"] == Gate.model_fields.keys()
    assert {"package", "license", "test_set"} <= keys["corpora"]
    assert {"prompts", "revision", "vocab_size"} <= keys["encoder"]
    assert keys["clean"] == Clean.model_fields.keys()


def all_sections(root: type[Section]) -> set[type[Section]]:
    """The section and all sections in it."""
    sections: set[type[Section]] = set()
    waiting: list[type[Section]] = [root, *CORPUS_KINDS.values(), *ENCODER_SOURCES.values()]
    while waiting:
        section = waiting.pop()
        if section in sections:
            continue
        sections.add(section)
        for field in section.model_fields.values():
            waiting += sections_in(field.annotation)
    return sections


def sections_in(annotation: object) -> list[type[Section]]:
    """The sections that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    sections: list[type[Section]] = []
    for argument in getattr(annotation, "__args__", ()):
        sections += sections_in(argument)
    return sections


def test_every_integer_has_a_maximum() -> None:
    """A number such as 10^21 must be refused and not fill the memory."""
    schema = Config.model_json_schema()
    unlimited = []
    for section, definition in [("Config", schema), *schema["$defs"].items()]:
        for name, field in definition.get("properties", {}).items():
            for option in [field, *field.get("anyOf", [])]:
                is_number = option.get("type") == "integer"
                if is_number and not {"maximum", "exclusiveMaximum"} & option.keys():
                    unlimited.append(f"{section}.{name}")
    assert unlimited == []

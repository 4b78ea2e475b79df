from pathlib import Path

import pytest

from alignment.config import LocalCorpus, load_config, parse_config
from alignment.errors import ConfigError
from tests.unit.config.support import GOOD, problem_of, problems_of


def test_every_problem_has_its_line() -> None:
    text = GOOD + "train: {margn: 0.1, loss: tripet}\nfoo: 1\n"
    unknown_value, unknown_key, unknown_section = problems_of(text)
    assert unknown_value.startswith("c.yaml:9: train.loss: expected 'triplet', 'infonce' or")
    assert unknown_key == "c.yaml:9: train.margn: unknown key; did you mean 'margin'?"
    assert unknown_section.startswith("c.yaml:10: foo: unknown key; valid keys: clean, compare")


def test_exit_code_and_all_problems_in_one_message() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(GOOD + "seed: -1\npivot: e\n", name="c.yaml")
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith("2 problems in the configuration:\n  c.yaml:")


def test_bare_no_and_quoted_no() -> None:
    problem = problem_of(GOOD.replace("  fi: {}", "  no: {}"))
    assert 'write "no" (quoted)' in problem
    assert "no" in parse_config(GOOD.replace("  fi: {}", '  "no": {}')).languages


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("qqx1", "'qqx1' is not a known language code"),
        ("welsh", "did you mean 'cy'?"),
        ("e", "'e' is not a BCP-47 language code"),
    ],
)
def test_unknown_language(code: str, message: str) -> None:
    problem = problem_of(GOOD.replace("  fi: {}", f"  {code}: {{}}"))
    assert problem.startswith(f"c.yaml:7: languages.{code}: ")
    assert message in problem


def test_codes_become_canonical() -> None:
    assert "pt-BR" in parse_config(GOOD.replace("  fi: {}", "  pt_br: {}")).languages


def test_two_spellings_of_one_language() -> None:
    problem = problem_of(GOOD.replace("  fi: {}", "  he: {}\n  iw: {}"))
    assert problem == "c.yaml:8: languages.iw: the same language as he at c.yaml:7; remove one"


def test_line_of_a_key_under_another_spelling() -> None:
    text = GOOD.replace("  fi: {}", "  iw:\n    gate:\n      floor: 2")
    assert problem_of(text).startswith("c.yaml:9: languages.he.gate.floor: ")


def test_language_without_overrides_may_be_empty() -> None:
    assert parse_config(GOOD.replace("  fi: {}", "  fi:")).trained == ["fi", "cy"]


def test_override_is_named_in_the_problem() -> None:
    problem = problem_of(GOOD, "train.stepz=7")
    assert problem == "--set train.stepz: unknown key; did you mean 'steps'?"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(GOOD)
    config = load_config(tmp_path / "c.yaml")
    (corpus,) = config.languages["cy"].corpora
    assert isinstance(corpus, LocalCorpus)
    assert corpus.path == tmp_path / "court.tsv"
    assert config.lock == tmp_path / "alignment.lock"


def test_path_as_text(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(GOOD)
    assert load_config(str(tmp_path / "c.yaml")) == load_config(tmp_path / "c.yaml")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.yaml: cannot read the configuration: No such"):
        load_config(tmp_path / "missing.yaml")


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes("name: café".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path / "c.yaml")


@pytest.mark.parametrize(
    ("text", "shown"), [("- 1", "a list"), ("5", "5"), ("some text", "'some text'")]
)
def test_file_without_keys(text: str, shown: str) -> None:
    assert problem_of(text).endswith(f"expected keys and values, got {shown}")


def test_empty_file_lacks_the_required_keys() -> None:
    assert [problem.split(": ")[1] for problem in problems_of("")] == [
        "name",
        "encoder",
        "languages",
    ]


@pytest.mark.parametrize("path", ["~nobody-of-this-name/a.tsv", "x" * 300])
def test_a_path_that_no_file_can_have(path: str) -> None:
    text = f"name: x\nencoder: {{source: scratch}}\ncorpora: [{{kind: local, path: {path}}}]\n"
    with pytest.raises(ConfigError) as caught:
        parse_config(text, name="c.yaml")
    assert str(caught.value.problems[0]).startswith("c.yaml:3: corpora.0.path: not a usable path: ")
    with pytest.raises(ConfigError, match=r"--set lock=\S+: not a usable path: "):
        parse_config(text, name="c.yaml", overrides=[f"lock={path}"])

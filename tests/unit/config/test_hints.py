import pytest

from tests.unit.config.support import GOOD, problem_of


def hint(override: str) -> str:
    """The hint for the key that `--set` sets."""
    return problem_of(GOOD, override).partition("unknown key; ")[2]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("lr=1", "use `train.learning_rate`"),
        ("train.lr=1", "use `train.learning_rate`"),
        ("train.LR=1", "use `train.learning_rate`"),
        ("train.learning-rate=1", "use `train.learning_rate`"),
        ("gate.threshold=1", "use `gate.floor`"),
        ("threshold=1", "use `gate.floor`"),
        ("languages.fi.threshold=1", "use `languages.fi.gate.floor`"),
        ("languages.fi.gate.threshold=1", "use `languages.fi.gate.floor`"),
        ("languages.fi.lr=1", "use `train.learning_rate`"),
        ("licence=MIT", "use `license` in an entry of `corpora`"),
        ("corpora.0.licence=MIT", "use `corpora.0.license`"),
        ("encoder.max_length=1", "use `encoder.max_tokens`"),
        ("clean.max_length=1", "use `clean.max_chars`"),
        ("max_length=1", "use `encoder.max_tokens` or `clean.max_chars`"),
        ("encoder.prefix=a", "use `encoder.prompts`"),
        ("encoder.instruction=a", "use `encoder.prompts`"),
        ("prefix=a", "use `encoder.prompts`"),
        ("encoder.pooling=mean", "`pooling` is a key of source: hub or local"),
    ],
)
def test_name_of_another_tool(override: str, expected: str) -> None:
    assert hint(override) == expected


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("train.epochs=3", "there are no epochs; set `train.steps`"),
        ("epochs=3", "there are no epochs; set `train.steps`"),
        ("train.temperature=0.05", "`train.scale` is the scale of the InfoNCE softmax"),
        ("temperature=2", "`train.language_temperature` oversamples small languages"),
        ("triplets.margin=0.1", "`triplets.relative_margin` guards against false negatives"),
    ],
)
def test_no_key_does_the_same(override: str, expected: str) -> None:
    assert expected in hint(override)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("learning_rate=1", "`learning_rate` belongs under `train`: write train.learning_rate"),
        ("margin=1", "`margin` belongs under `train` or `gate`: write train.margin or gate.margin"),
        ("train.floor=1", "`floor` belongs under `gate`: write gate.floor"),
        ("triplets.random=1", "`random` belongs under `triplets.shares`: "),
        ("train.seed=1", "`seed` is a top-level key: write it outside this section"),
        ("path=a", "`path` belongs under `corpora` or `encoder`"),
        ("license=MIT", "`license` belongs in an entry of `corpora`"),
        ("languages.fi.floor=1", "`floor` belongs under `gate`: write languages.fi.gate.floor"),
        ("languages.fi.dropout=1", "`dropout` is the same for all languages: write train.dropout"),
        ("corpora.0.corpus=NLLB", "`corpus` is a key of kind: opus"),
        ("corpora.0.dataset=a/b", "`dataset` is a key of kind: hub or mtdata"),
        ("encoder.revision=x", "`revision` is a key of source: hub"),
    ],
)
def test_key_of_another_section(override: str, expected: str) -> None:
    assert expected in hint(override)


def test_key_of_two_other_sections() -> None:
    assert hint("gate.precision=bf16") == (
        "`precision` belongs under `triplets` or `train`: write triplets.precision or "
        "train.precision"
    )


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("train.stepz=1", "steps"),
        ("train.marginn=1", "margin"),
        ("corpora.0.pakage=x", "package"),
        ("encoder.promps=x", "prompts"),
        ("langauges.fi={}", "languages"),
        ("languages.fi.gat={}", "gate"),
    ],
)
def test_close_spelling(override: str, expected: str) -> None:
    assert hint(override) == f"did you mean {expected!r}?"


@pytest.mark.parametrize("key", ["foo", "loops", "lorem", "stop", "scalar"])
def test_no_misleading_suggestion(key: str) -> None:
    assert "did you mean" not in hint(f"train.{key}=1")


def test_lists_the_keys_of_a_small_section() -> None:
    expected = "valid keys: max_file_gb, max_run_gb"
    assert hint("downloads.foo=1") == expected


def test_refers_to_the_schema_for_a_large_section() -> None:
    assert hint("train.foo=1").startswith("`alignment schema` describes the ")

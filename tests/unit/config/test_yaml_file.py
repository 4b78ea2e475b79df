import pytest

from alignment.config.yaml_file import read


def only_problem(text: str) -> str:
    (problem,) = read(text, "c.yaml").problems
    return str(problem)


def test_values_and_the_line_of_each_key() -> None:
    document = read("a: 1\nb:\n  - {c: x}\n  - no problem\n", "c.yaml")
    assert document.value == {"a": 1, "b": [{"c": "x"}, "no problem"]}
    assert document.problems == []
    assert document.places == {
        (): "c.yaml:1",
        ("a",): "c.yaml:1",
        ("b",): "c.yaml:2",
        ("b", 0): "c.yaml:3",
        ("b", 0, "c"): "c.yaml:3",
        ("b", 1): "c.yaml:4",
    }


def test_empty_text_has_no_keys() -> None:
    assert read("", "c.yaml") == ({}, {}, [])


def test_duplicate_key() -> None:
    problem = only_problem("a: {b: 1}\nc: 2\na: 3\n")
    assert problem == "c.yaml:3: a: duplicate key; it is already set at c.yaml:1"


def test_broken_yaml() -> None:
    assert only_problem("name: x\nlist: [1,").startswith("c.yaml:2: not valid YAML: ")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getpid", "!secret"])
def test_tags_are_refused(tag: str) -> None:
    problem = only_problem(f"name: x\nseed: {tag} []\n")
    assert problem.startswith("c.yaml:2: seed: the tag ")
    assert problem.endswith("is not allowed")


@pytest.mark.parametrize(
    ("word", "meaning"), [("no", "false"), ("Yes", "true"), ("off", "false"), ("y", "y")]
)
def test_bare_boolean_words(word: str, meaning: str) -> None:
    document = read(f"pivot: {word}", "c.yaml")
    assert document.value == {"pivot": word}
    if word == "y":  # PyYAML reads it as text, unlike YAML 1.1
        assert document.problems == []
    else:
        assert f'YAML reads a bare {word} as {meaning}: write "{word}"' in str(document.problems)


def test_true_false_and_quoted_words_are_fine() -> None:
    document = read('a: true\nb: False\nc: "no"\n"off": 1\n', "c.yaml")
    assert document.value == {"a": True, "b": False, "c": "no", "off": 1}
    assert document.problems == []


def test_key_that_is_a_list() -> None:
    assert "a key must be plain text" in only_problem("? [a, b]\n: 1\n")


def test_anchor_that_contains_itself() -> None:
    assert only_problem("a: &x [*x]") == "c.yaml:1: a.0: the anchor contains itself"


def test_anchor_that_is_used_twice() -> None:
    assert read("a: &x {b: 1}\nc: *x\n", "c.yaml").value == {"a": {"b": 1}, "c": {"b": 1}}

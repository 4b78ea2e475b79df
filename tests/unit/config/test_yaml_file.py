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


@pytest.mark.parametrize(
    "scalar",
    [
        '!!int "abc"',
        '!!int ""',
        '!!float ""',
        '!!bool "abc"',
        '!!timestamp "abc"',
        "!!seq abc",
        "!!str [a]",
        "!!binary YQ==",
        "!!set {a}",
        "2020-13-45",
        "9" * 5000,
        "0x" + "F" * 5000,
        "-99999999999999999999",
        '"\\uD800"',
        '"a\\0b"',
        "<<",
    ],
)
def test_values_that_cannot_be_read(scalar: str) -> None:
    document = read(f"name: x\nseed: {scalar}\n", "c.yaml")
    if scalar == "<<":  # plain text as a value
        assert document.value == {"name": "x", "seed": "<<"}
        return
    assert str(document.problems[0]).startswith("c.yaml:2: seed: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a: 1\nb: "\\UFFFFFFFF"', 2),
        ("a: 1\nb: \x01", 2),
        ("a: 1\nb: " + "[" * 5000, 2),
        ("a: 1\nb:\n" + "".join(" " * depth + "c:\n" for depth in range(1, 300)), 65),
        ("a: 1\n" + "- " * 5000 + "x", 2),
    ],
    ids=["escape", "control character", "flow", "block", "list"],
)
def test_text_that_is_not_yaml(text: str, line: int) -> None:
    assert only_problem(text).startswith(f"c.yaml:{line}: not valid YAML: ")


def test_a_large_text_is_refused() -> None:
    assert "c.yaml: too large: " in only_problem("a: " + "x" * 2**20)


def test_merge_keys() -> None:
    text = (
        "base: &base {floor: 1, share: 2}\n"
        "other: &other {share: 3, more: {deep: 4}}\n"
        "one: {<<: *base, share: 5}\n"
        "two:\n  <<: [*base, *other]\n"
        "three: &three {<<: *other}\n"
        "four: {<<: *three, '<<': text}\n"
    )
    document = read(text, "c.yaml")
    assert document.problems == []
    assert document.value["one"] == {"floor": 1, "share": 5}
    assert document.value["two"] == {"floor": 1, "share": 2, "more": {"deep": 4}}
    assert document.value["four"] == {"share": 3, "more": {"deep": 4}, "<<": "text"}
    assert document.places["two", "share"] == "c.yaml:5"
    assert document.places["one", "share"] == "c.yaml:3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {<<: 3}", "c.yaml:1: a: << merges a section"),
        ("a: &a {<<: *a}", "c.yaml:1: a: the anchor contains itself"),
        ("a: &a {<<: {b: *a}}", "c.yaml:1: a.b: the anchor contains itself"),
    ],
)
def test_wrong_merges(text: str, message: str) -> None:
    assert only_problem(text).startswith(message)


def test_merges_do_not_multiply_without_end() -> None:
    lines = ["a0: &a0 {x: 1}"]
    for level in range(1, 12):
        aliases = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} {{<<: [{aliases}]}}")
    problems = read("\n".join(lines), "c.yaml").problems
    assert "aliases repeat more than 10,000 values" in str(problems[-1])


def test_an_alias_may_be_used_again() -> None:
    assert read("a: &a [1, 2]\nb: *a\nc: [*a, *a]\n", "c.yaml").value["c"] == [[1, 2], [1, 2]]

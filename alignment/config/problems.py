"""Pydantic's validation errors in the words of this configuration, with file and line."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from alignment.config.base import COMMIT_PATTERN, NAME_PATTERN
from alignment.config.corpora import CORPUS_KINDS
from alignment.config.encoder import ENCODER_SOURCES, VERSION_PATTERN
from alignment.config.hints import SIMILARITY, unknown_key_hint
from alignment.config.integrations import ADDRESS_PATTERN, MODEL_PATTERN, REPOSITORY_PATTERN
from alignment.config.keys import KeyPath, KeyProblem, dotted, raised_problems
from alignment.config.schema import locate
from alignment.errors import Problem

_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "keys and values",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "at least {ge}",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "int_type": "an integer",
    "less_than": "a number below {lt}",
    "less_than_equal": "at most {le}",
    "list_type": "a list",
    "model_attributes_type": "keys and values",
    "model_type": "keys and values",
    "path_type": "a path",
    "string_type": "text",
    "too_short": "at least {min_length} entry",
    "tuple_type": "a list",
}
"""What a value must be, by pydantic's error type; the fields are its context."""
EXAMINED = 500
"""Problems that get a message: each looks for the key that was meant, which takes a millisecond."""

_LITERAL = re.compile(r"'[^']*'|\b(?!or\b)\w+")
"""One value in pydantic's `'a', 'b' or 'c'`."""

_PATTERNS = {
    COMMIT_PATTERN: "a full commit hash of 40 hexadecimal digits",
    VERSION_PATTERN: "champion, or v and a number",
    REPOSITORY_PATTERN: "a repository such as my-team/quickstart",
    ADDRESS_PATTERN: "an address that starts with http:// or https://",
    MODEL_PATTERN: "text without slashes, colons and quotes",
    NAME_PATTERN: "up to 64 letters, digits, '.', '_' or '-', with a letter or digit first",
}


def validation_problems(error: ValidationError, places: Mapping[KeyPath, str]) -> list[Problem]:
    """Every problem of `error`, in its order; `places` are the `file:line` of the keys."""
    problems = []
    for path, message, other in itertools.islice(_key_problems(error), EXAMINED):
        if other is not None:
            message = f"{message} ({dotted(other)} is at {place_of(other, places)})"
        problems.append(Problem(place_of(path, places), dotted(path), message))
    if error.error_count() > EXAMINED:
        rest = f"there are {error.error_count() - EXAMINED:,} more problems"
        problems.append(Problem(place_of((), places), "", rest))
    return problems


def first_problem(error: ValidationError, *section: str) -> str:
    """The first problem as `KEY: message`, for a file that we wrote and somebody damaged.

    `section` are the keys above those that were checked.
    """
    detail = error.errors()[0]
    key = ".".join(map(str, (*section, *detail["loc"])))
    return f"{key}: {detail['msg']}"


def place_of(path: KeyPath, places: Mapping[KeyPath, str]) -> str:
    """`file:line` of the key, or of the nearest section around it that is in the file."""
    for end in range(len(path), -1, -1):
        if path[:end] in places:
            return places[path[:end]]
    return ""


def shown(value: Any) -> str:
    """A value of a YAML file in a message."""
    if isinstance(value, dict) and value:
        return "keys and values"
    if isinstance(value, list | tuple) and value:
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    return repr(value) if isinstance(value, str) else str(value)


def _key_problems(error: ValidationError) -> Iterator[KeyProblem]:
    for path, group in itertools.groupby(error.errors(), lambda detail: locate(detail["loc"]).path):
        details = list(group)
        match details[0]["type"]:
            case "value_error":
                for problem in raised_problems(details[0]):
                    yield problem._replace(path=locate(problem.path).path)
            case "extra_forbidden":
                yield KeyProblem(path, f"unknown key; {unknown_key_hint(details[0]['loc'])}")
            case "missing":
                yield KeyProblem(path, "required key is missing")
            case "union_tag_not_found" | "union_tag_invalid":
                yield _tag_problem(details[0], path)
            case _:
                yield KeyProblem(path, _mismatch(details))


def _tag_problem(detail: ErrorDetails, path: KeyPath) -> KeyProblem:
    """The `kind` of a corpus or the `source` of an encoder is missing or unknown."""
    tag = detail["ctx"]["discriminator"].strip("'")
    sections = CORPUS_KINDS if tag == "kind" else ENCODER_SOURCES
    choices = f"one of {', '.join(sections)}"
    if detail["type"] == "union_tag_not_found":
        return KeyProblem((*path, tag), f"required key is missing; expected {choices}")
    value = detail["ctx"]["tag"]
    suggestion = _did_you_mean(value, list(sections))
    return KeyProblem((*path, tag), f"expected {choices}, got {value!r}{suggestion}")


def _mismatch(details: Sequence[ErrorDetails]) -> str:
    """What was expected at one key and what it has; `details` are the branches of its type."""
    first = details[0]
    if first["type"] not in (*_EXPECTED, "literal_error", "string_pattern_mismatch"):
        return f"{first['msg']}, got {shown(first['input'])}"
    choices: list[str] = []
    for detail in details:
        choices += _expected(detail)
    expected = _either(list(dict.fromkeys(choices)))
    return f"expected {expected}, got {shown(first['input'])}{_advice(first)}"


def _expected(detail: ErrorDetails) -> list[str]:
    """What one branch of a type takes: the values of a `Literal` one by one, else one phrase."""
    context = detail.get("ctx", {})
    if detail["type"] == "literal_error":
        return _LITERAL.findall(context["expected"])
    if detail["type"] == "string_pattern_mismatch":
        pattern = context["pattern"]
        return [_PATTERNS.get(pattern, f"text that matches {pattern}")]
    numbers = {}
    for key, value in context.items():
        numbers[key] = f"{value:g}" if isinstance(value, float) else value
    return [_EXPECTED[detail["type"]].format(**numbers)]


def _either(choices: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last


def _advice(detail: ErrorDetails) -> str:
    value = detail["input"]
    if detail["type"] == "string_type" and not isinstance(value, dict | list | None):
        return "; write it in quotes"
    if detail["type"] == "literal_error" and isinstance(value, str):
        return _did_you_mean(value, [choice.strip("'") for choice in _expected(detail)])
    return ""


def _did_you_mean(value: str, choices: Sequence[str]) -> str:
    matches = difflib.get_close_matches(value, choices, n=1, cutoff=SIMILARITY)
    return f"; did you mean {matches[0]!r}?" if matches else ""

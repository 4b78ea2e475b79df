"""The reference of the configuration, from its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from markdown_table import cell

from alignment.config import Config


def configuration_page() -> str:
    """The keys of the YAML file in its order, from the JSON Schema."""
    lines = [
        "# Configuration",
        "",
        "One YAML file describes a pipeline. `alignment config check FILE` reports every mistake",
        "with its line, and `alignment schema` prints the JSON Schema that editors complete from.",
        "This page is generated from it.",
        "",
        "`null` switches a limit off where the type allows it. A language overrides `clean`,",
        "`triplets` and `gate` under its own key; see",
        "[Add a language](../how-to/add-a-language.md).",
        "",
    ]
    lines += ConfigurationTables(Config.model_json_schema()).lines()
    return "\n".join(lines) + "\n"


class ConfigurationTables:
    """One heading per top-level key, and below it one per section that the key refers to."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._sections: dict[str, dict[str, Any]] = schema["$defs"]
        self._done: set[str] = set()

    def lines(self) -> Iterator[str]:
        """The page below its introduction."""
        yield "## Top level"
        yield ""
        yield from self._table(self._schema)
        for key, field in self._schema["properties"].items():
            names = [name for name in _references(field) if name not in self._done]
            if not names:
                continue
            if len(names) == 1:
                yield from self._section(f"## `{key}`", names[0])
            else:
                yield from self._choices(key, field["description"], names)

    def _choices(self, key: str, description: str, names: list[str]) -> Iterator[str]:
        """A key with several kinds of values: the keys that all kinds have, then each kind."""
        yield f"## `{key}`"
        yield ""
        yield description
        yield ""
        properties = [self._sections[name]["properties"] for name in names]
        common = {
            name: field
            for name, field in properties[0].items()
            if all(kind.get(name) == field for kind in properties)
        }
        if common:
            yield "Every kind has these keys:"
            yield ""
            yield from self._table({"properties": common})
        for name in names:
            yield from self._section(f"### `{_title(self._sections[name])}`", name, set(common))
        for name in _references({"fields": common}):
            yield from self._nested(name)

    def _section(self, heading: str, name: str, omit: set[str] | None = None) -> Iterator[str]:
        """A section and the ones inside it; `omit` are keys that were described before."""
        self._done.add(name)
        section = self._sections[name]
        fields = {
            key: field for key, field in section["properties"].items() if key not in (omit or ())
        }
        yield f"{heading} {{ #{name.lower()} }}"
        yield ""
        yield " ".join(section.get("description", "").split())
        yield ""
        yield from self._table({**section, "properties": fields})
        for inner in _references({"fields": fields}):
            yield from self._nested(inner)

    def _nested(self, name: str) -> Iterator[str]:
        if name in self._done or _is_override(name):
            return
        yield from self._section(f"### {_in_words(name)}", name)

    def _table(self, section: dict[str, Any]) -> Iterator[str]:
        yield "| key | type | default | meaning |"
        yield "|---|---|---|---|"
        required = section.get("required", ())
        for key, field in section["properties"].items():
            default = "required" if key in required else _default(field)
            meaning = cell(field.get("description", ""))
            yield f"| `{key}` | {cell(self._type(field))} | {default} | {meaning} |"
        yield ""

    def _type(self, field: dict[str, Any]) -> str:
        if "$ref" in field:
            return self._link(field["$ref"].rsplit("/", 1)[-1])
        if "enum" in field:
            return ", ".join(f"`{value}`" for value in field["enum"])
        if "const" in field:
            return f"`{field['const']}`"
        for union in ("anyOf", "oneOf"):
            if union in field:
                return " or ".join(self._type(member) for member in field[union])
        if field.get("type") == "array":
            return f"list of {self._type(field.get('items', {}))}"
        if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
            return f"mapping to {self._type(field['additionalProperties'])}"
        return f"{field.get('type', 'any')}{_range(field)}"

    def _link(self, name: str) -> str:
        if _is_override(name):
            section = name.removesuffix("Override")
            return f"some keys of [`{section.lower()}`](#{section.lower()})"
        return f"[{_title(self._sections[name]) or _in_words(name)}](#{name.lower()})"


def _references(field: Any) -> list[str]:
    """Names of the sections that a part of the schema refers to, in its order."""
    names: dict[str, None] = {}
    if isinstance(field, dict):
        if "$ref" in field:
            names[field["$ref"].rsplit("/", 1)[-1]] = None
        for key, value in field.items():
            if key != "discriminator":  # repeats the references in another order
                names.update(dict.fromkeys(_references(value)))
    elif isinstance(field, list):
        for value in field:
            names.update(dict.fromkeys(_references(value)))
    return list(names)


def _title(section: dict[str, Any]) -> str:
    """`kind: opus` for a corpus, `source: hub` for an encoder; empty for other sections."""
    for tag in ("kind", "source"):
        field = section["properties"].get(tag, {})
        if "const" in field:
            return f"{tag}: {field['const']}"
    return ""


def _in_words(name: str) -> str:
    """`Language overrides` for `LanguageOverrides`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _is_override(name: str) -> bool:
    return name.endswith("Override")


def _default(field: dict[str, Any]) -> str:
    if "default" not in field:
        empty = {"array": "`[]`", "object": "`{}`"}
        return empty.get(field.get("type", ""), "")
    default = field["default"]
    if isinstance(default, dict):
        return ""  # its own table has the defaults
    if isinstance(default, list) and len(default) > 3:
        return "all"
    words = {None: "null", True: "true", False: "false"}
    text = words[default] if default is None or isinstance(default, bool) else str(default)
    return f"`{text}`" if text else ""


def _range(field: dict[str, Any]) -> str:
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    parts = [f"{sign} {field[name]:,.10g}" for name, sign in bounds.items() if name in field]
    return f" ({', '.join(parts)})" if parts else ""

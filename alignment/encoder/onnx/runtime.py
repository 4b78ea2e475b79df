"""An exported encoder in ONNX Runtime: text in, unit vectors out, without torch."""

from __future__ import annotations

from collections.abc import Sequence
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
from alignment.manifests import MANIFEST, read_manifest

BATCH = 32


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
                hint="Write one with `alignment registry export MODEL --out DIR`.",
            )
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
            raise Corrupt(f"the export cannot be loaded ({reason})", where=str(path)) from error
        self._prompts = _prompts(path)
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


def _prompts(path: Path) -> dict[str, str]:
    if not (path / MANIFEST).is_file():  # an export that is not complete yet has none
        return {"source": "", "target": ""}
    prompts = read_manifest(path)["prompts"]
    return {"source": str(prompts["source"]), "target": str(prompts["target"])}

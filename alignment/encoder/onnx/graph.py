"""From a container to one ONNX graph: transformer, pooling and all that follows, unit vectors."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from alignment.encoder.container import (
    ensure_unit_vectors,
    load_container,
    transformer_of,
)
from alignment.encoder.forward import embed, input_kind
from alignment.encoder.onnx.files import (
    ATTENTION_MASK,
    INPUT_IDS,
    LARGEST_FILE,
    MODEL,
    OUTPUT,
    TOKENIZER,
    NotExportable,
    require_extra,
)
from alignment.encoder.padding import Padded, pad
from alignment.encoder.refusals import check_directory
from alignment.encoder.samples import SAMPLES
from alignment.encoder.tokens import check_token_types, token_rows
from alignment.errors import ConfigError
from alignment.failures import is_disk_full

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

OPSET = 18
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_LONGEST_REASON = 200
_INSIDE_POOLING = "the pooling leaves out the prompt's tokens, which depends on the text's side"


def export_graph(source: Path, target: Path) -> None:
    """Write `model.onnx` and `tokenizer.json` of an encoder into a directory.

    The graph has two inputs (texts, tokens), int64, with dynamic sizes: `input_ids` and
    `attention_mask`. Its output `sentence_embedding` is (texts, dim), float32, of length 1. The
    tokenizer cuts and pads as the encoder does; prompts are put before the texts by the caller.

    Args:
        source: The encoder's directory.
        target: A directory that exists.

    Raises:
        ConfigError: if the encoder has a layout that cannot be exported, or the extra is missing.
        NotExportable: if torch cannot export its architecture.
    """
    require_extra()
    check_directory(source, trust_remote_code=False)
    container = load_container(source, device="cpu", dtype=torch.float32)
    check_token_types(container, source)
    ensure_unit_vectors(container)
    check_layout(container, source)
    tokenizer = exported_tokenizer(container)
    _export(container, target / MODEL)
    tokenizer.save(str(target / TOKENIZER))


def check_exportable(source: Path) -> None:
    """Refuse an encoder whose layout cannot be exported, without an export.

    Raises:
        ConfigError: by name, or if the extra is missing.
    """
    require_extra()
    check_directory(source, trust_remote_code=False)
    container = load_container(source, device="cpu", dtype=torch.float32)
    check_token_types(container, source)
    check_layout(container, source)


def check_layout(container: SentenceTransformer, source: Path) -> None:
    """Refuse what one graph over token ids cannot express.

    Raises:
        ConfigError: by name.
    """
    hint = "Use the model with torch, through sentence-transformers or `alignment encode`."
    if getattr(container.tokenizer, "backend_tokenizer", None) is None:
        name = type(container.tokenizer).__name__
        raise ConfigError(
            f"the tokenizer {name} has no tokenizer.json, which users of ONNX need",
            where=str(source),
            hint=hint,
        )
    if input_kind(container) != "text":
        raise ConfigError(
            "the encoder puts texts into a chat template, which is not part of a graph",
            where=str(source),
            hint=hint,
        )
    if any(getattr(module, "include_prompt", True) is False for module in container):
        raise ConfigError(_INSIDE_POOLING, where=str(source), hint=hint)


def exported_tokenizer(container: SentenceTransformer) -> Tokenizer:
    """The container's tokenizer, which pads and cuts by itself."""
    from tokenizers import Tokenizer

    wrapped = container.tokenizer
    tokenizer: Tokenizer = Tokenizer.from_str(wrapped.backend_tokenizer.to_str())
    tokenizer.enable_truncation(int(container.max_seq_length or wrapped.model_max_length))
    tokenizer.enable_padding(
        direction=wrapped.padding_side,
        pad_id=wrapped.pad_token_id,
        pad_token=wrapped.pad_token,
    )
    return tokenizer


class _Graph(torch.nn.Module):
    """What is exported: from padded token ids to unit vectors."""

    def __init__(self, container: SentenceTransformer) -> None:
        super().__init__()
        self.container = container

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Unit vectors (texts, dim)."""
        return embed(self.container, Padded(input_ids, attention_mask))


def _export(container: SentenceTransformer, path: Path) -> None:
    # Two texts of different length, so that neither size nor padding is taken for a constant.
    rows = token_rows(container, SAMPLES[1:4])
    batch = pad(rows, container.tokenizer.pad_token_id, container.tokenizer.padding_side)
    texts = torch.export.Dim.DYNAMIC
    dynamic = {0: texts, 1: torch.export.Dim.DYNAMIC}
    weights = sum(weight.numel() * 4 for weight in container.parameters())
    try:
        with _quiet(), torch.no_grad():
            torch.onnx.export(
                _Graph(container).eval(),
                (batch.ids, batch.attention_mask),
                str(path),
                input_names=[INPUT_IDS, ATTENTION_MASK],
                output_names=[OUTPUT],
                dynamic_shapes=(dynamic, dynamic),
                opset_version=OPSET,
                dynamo=True,
                external_data=weights > LARGEST_FILE,
                verbose=False,
            )
    except Exception as error:  # torch raises all kinds
        if is_disk_full(error):
            raise
        name = type(transformer_of(container)).__name__
        raise NotExportable(
            f"torch cannot export {name} to ONNX: {_first_cause(error)}",
            where=str(path.parent),
            hint="Use the model with torch, or try a newer version of torch.",
        ) from error


def _first_cause(error: BaseException) -> str:
    """The line that says what went wrong; the exporter wraps it in advice with colors."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = _COLORS.sub("", str(error)).strip().splitlines()
    return lines[0][:_LONGEST_REASON] if lines else type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide what the exporter logs about its own steps; the result is checked."""
    names = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

"""The container: sentence-transformers loads and saves modules, prompts and tokenizer settings.

What the vectors of an encoder are is what `SentenceTransformer` says they are. Our own code around
it is faster and must give the same vectors.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from alignment.config.encoder import Pooling as PoolingMode
from alignment.encoder.files import MODULES
from alignment.encoder.own_code import not_trusted
from alignment.encoder.weights_check import check_all_loaded
from alignment.errors import Corrupt

_LOADING_ERRORS = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ImportError,
    SafetensorError,
)

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_container(
    path: Path,
    *,
    device: str,
    dtype: torch.dtype,
    pooling: PoolingMode | None = None,
    trust_remote_code: bool = False,
) -> SentenceTransformer:
    """Load an encoder's directory in eval mode. Only safetensors are read.

    Args:
        path: Directory of sentence-transformers or of transformers.
        device: "cpu", "cuda" or another torch device.
        dtype: Of the weights and activations of the transformer. Later modules are in float32.
        pooling: Of a directory of transformers, which gets mean pooling by default.
        trust_remote_code: Run code that comes with the model.

    Raises:
        Corrupt: if a file cannot be read, or weights are missing.
    """
    from sentence_transformers import SentenceTransformer

    options: dict[str, Any] = {"use_safetensors": True, "dtype": dtype}
    try:
        with _quiet():
            container = SentenceTransformer(
                str(path),
                device=device,
                trust_remote_code=trust_remote_code,
                local_files_only=True,
                model_kwargs=options,
            )
            check_all_loaded(transformer_of(container), path)
            container.eval()
            if not (path / MODULES).is_file():
                _set_pooling(container, path, pooling)
    except _LOADING_ERRORS as error:
        raise _cannot_be_loaded(error, path) from error
    for module in list(container)[1:]:
        module.float()
    return container


def _cannot_be_loaded(error: Exception, path: Path) -> Corrupt:
    text = str(error)
    if "trust_remote_code" in text:
        return not_trusted(str(path))
    if isinstance(error, ImportError) and (error.name or "").startswith("sentence_transformers."):
        return _saved_by_newer(error, path)
    reason = text.partition("\n")[0] or type(error).__name__
    return Corrupt(f"the encoder cannot be loaded: {reason}", where=str(path))


def _saved_by_newer(error: ImportError, path: Path) -> Corrupt:
    """Version 6 moved Normalize: older ones do not find it under the name that it writes."""
    import sentence_transformers

    return Corrupt(
        f"modules.json names {error.name}, which the installed sentence-transformers "
        f"{sentence_transformers.__version__} does not have",
        where=str(path / MODULES),
        hint="A newer version saved it. Run `pip install --upgrade sentence-transformers`.",
    )


def _set_pooling(container: SentenceTransformer, path: Path, mode: PoolingMode | None) -> None:
    """Choose the pooling of a directory of transformers, with the dimension that comes out.

    sentence-transformers takes the hidden size for it, which some models project.
    """
    import torch
    from sentence_transformers.sentence_transformer.modules import Pooling

    if len(container) < 2:
        raise Corrupt(
            f"{type(transformer_of(container)).__name__} gives no vector per token",
            where=str(path),
            hint="Use an encoder of text.",
        )
    row = torch.ones(1, 2, dtype=torch.long, device=container.device)
    with torch.no_grad():
        states = transformer_of(container)(input_ids=row, attention_mask=row).last_hidden_state
    default: Any = container[1]
    pooling = Pooling(states.shape[-1], mode or default.pooling_mode)
    container[1] = pooling.to(container.device)


def new_container(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, max_tokens: int, scratch: Path
) -> SentenceTransformer:
    """A container with mean pooling around a transformers model.

    The model goes through the directory `scratch`, because sentence-transformers reads files only.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    with _quiet():
        model.save_pretrained(scratch, safe_serialization=True)
        tokenizer.save_pretrained(scratch)
        transformer = Transformer(str(scratch), max_seq_length=max_tokens)
        pooling = Pooling(model.config.hidden_size, "mean")
        container = SentenceTransformer(modules=[transformer, pooling], device="cpu")
        check_all_loaded(transformer_of(container), scratch)
    ensure_unit_vectors(container)
    return container.eval()


def save_container(
    container: SentenceTransformer, path: Path, dtype: torch.dtype | None = None
) -> None:
    """Write a directory that `load_container` and sentence-transformers read, as safetensors.

    Files that are already there are overwritten.

    Args:
        container: What to save.
        path: The directory, which is created.
        dtype: Convert all weights to this type first, in place.
    """
    if dtype is not None:
        container.to(dtype)
    with _quiet():
        container.save(str(path), create_model_card=False, safe_serialization=True)


def ensure_unit_vectors(container: SentenceTransformer) -> None:
    """Append a Normalize module unless the container ends in one."""
    from sentence_transformers.sentence_transformer.modules import Normalize

    if not isinstance(list(container)[-1], Normalize):
        container.append(Normalize())


def transformer_of(container: SentenceTransformer) -> PreTrainedModel:
    """The transformers model of the first module."""
    transformer: Any = container[0]
    model: PreTrainedModel = transformer.auto_model
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide progress bars and what the libraries log about loading; we check it ourselves."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logger = logging.getLogger("sentence_transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

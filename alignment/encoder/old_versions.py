"""Families that an older version of transformers gets wrong: refused by name.

The lower bound of transformers is for all other families. Each check tries what the installed
version does instead of comparing version numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import transformers

from alignment import compat
from alignment.errors import Corrupt

if TYPE_CHECKING:
    from transformers import PreTrainedModel

KEEPS_WINDOWS = "5.16"  # pull request 47940
APPLIES_SOFTCAPS = "5.21"


def check_version(model: PreTrainedModel, path: Path) -> None:
    """Check that the installed transformers treats the model rightly.

    Args:
        model: As sentence-transformers loads it.
        path: Its directory, for the message.

    Raises:
        Corrupt: if it needs a newer version.
    """
    _check_window(model, path)
    _check_softcap(model, path)


def _check_window(model: PreTrainedModel, path: Path) -> None:
    """EmbeddingGemma's sliding window is halved each time it is saved."""
    config = model.config
    window = getattr(config, "sliding_window", None)
    if window is None or not getattr(config, "use_bidirectional_attention", False):
        return
    saved = type(config).from_dict(config.to_dict()).sliding_window
    if saved != window:
        problem = f"changes its sliding window from {window} to {saved} when the model is saved"
        raise _too_old(model, path, problem, KEEPS_WINDOWS)


def _check_softcap(model: PreTrainedModel, path: Path) -> None:
    """Gemma 2 limits its attention scores. The default attention leaves that out."""
    softcap = getattr(model.config, "attn_logit_softcapping", None)
    if softcap is not None and compat.attention_implementation(model) == "sdpa":
        problem = f"ignores its attn_logit_softcapping of {softcap}"
        raise _too_old(model, path, problem, APPLIES_SOFTCAPS)


def _too_old(model: PreTrainedModel, path: Path, problem: str, needed: str) -> Corrupt:
    return Corrupt(
        f"{type(model).__name__} needs transformers {needed} or newer; the installed "
        f"{transformers.__version__} {problem}",
        where=str(path),
        hint=f"Run `pip install 'transformers>={needed},<6'`.",
    )

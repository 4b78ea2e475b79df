"""What older versions of transformers do wrong, done to the installed one."""

from pathlib import Path

import pytest
import transformers
from transformers import (
    Gemma2Config,
    Gemma2Model,
    Gemma3TextConfig,
    Gemma3TextModel,
    PreTrainedConfig,
)

from alignment.encoder.old_versions import check_version
from alignment.errors import Corrupt
from tests.unit.encoder.packed_models import ALTERNATING, GROUPED, SIZES

WHERE = Path("model")


def gemma3(*, bidirectional: bool) -> Gemma3TextModel:
    options = {**SIZES, **GROUPED, **ALTERNATING, "use_bidirectional_attention": bidirectional}
    return Gemma3TextModel(Gemma3TextConfig(**options))


def gemma2(softcap: float | None) -> Gemma2Model:
    config = Gemma2Config(**SIZES, **GROUPED, attn_logit_softcapping=softcap)
    config._attn_implementation = "eager"
    return Gemma2Model(config)


def refusal(model: transformers.PreTrainedModel) -> str:
    with pytest.raises(Corrupt) as caught:
        check_version(model, WHERE)
    assert transformers.__version__ in str(caught.value)
    return str(caught.value)


def test_a_window_that_is_halved_when_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    # As before transformers 5.16: the converted window is written, and converted again.
    monkeypatch.setattr(Gemma3TextConfig, "to_dict", PreTrainedConfig.to_dict)
    assert "Gemma3TextModel needs transformers 5.16 or newer" in refusal(gemma3(bidirectional=True))
    check_version(gemma3(bidirectional=False), WHERE)


def test_a_softcap_that_is_ignored() -> None:
    model = gemma2(50.0)
    check_version(model, WHERE)
    model.config._attn_implementation = "sdpa"  # what transformers before 5.21 chooses
    message = refusal(model)
    assert "Gemma2Model needs transformers 5.21 or newer" in message
    assert "pip install 'transformers>=5.21,<6'" in message
    without = gemma2(None)
    without.config._attn_implementation = "sdpa"
    check_version(without, WHERE)

import pytest

from alignment.encoder.device import BF16_EMULATED_WARNING
from alignment.training import fit
from alignment.training.fit import use_bf16


@pytest.mark.parametrize("supported", [False, True], ids=["emulated", "supported"])
@pytest.mark.parametrize("precision", ["auto", "bf16", "fp32"])
def test_bf16_by_what_the_device_supports(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    precision: str,
    supported: bool,
) -> None:
    monkeypatch.setattr(fit, "has_bf16", lambda device: supported)
    assert use_bf16(precision) == (precision == "bf16" or (precision == "auto" and supported))
    assert (BF16_EMULATED_WARNING in caplog.text) == (precision == "bf16" and not supported)

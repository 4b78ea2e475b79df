import pytest

from alignment.downloads.allowance import Allowance
from alignment.errors import TooLarge


def test_an_announced_size_counts_what_is_missing() -> None:
    allowance = Allowance(file_bytes=100, run_bytes=150, spent=100)
    allowance.check(100, 50, "https://host/a")
    with pytest.raises(TooLarge, match="max_run_gb"):
        allowance.check(100, 51, "https://host/a")
    with pytest.raises(TooLarge, match=r"^https://host/a\?token=\*\*\*: the file has 101 bytes"):
        allowance.check(101, 1, "https://host/a?token=0123456789abcdef")

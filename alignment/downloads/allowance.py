"""How much may be downloaded, so that a file without end does not fill the disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from alignment.errors import TooLarge
from alignment.redaction import redacted_address
from alignment.workers import Guard

_GB = 10**9


@dataclass
class Allowance:
    """Limits in bytes, and what has been spent of them. Safe to share between threads."""

    file_bytes: int = 100 * _GB
    """Largest size of one file."""
    run_bytes: int = 1000 * _GB
    """What may be downloaded in all."""
    spent: int = 0
    _guard: Guard = field(default_factory=Guard, repr=False)

    def check(self, size: int, missing: int, url: str) -> None:
        """Refuse a file by the size that the server announces; `missing` bytes are still to come.

        Raises:
            TooLarge: if it exceeds a limit.
        """
        if size > self.file_bytes:
            raise _too_large(f"the file has {size:,} bytes", "max_file_gb", self.file_bytes, url)
        if self.spent + missing > self.run_bytes:
            message = f"with {missing:,} bytes of this file the run has more than it may download"
            raise _too_large(message, "max_run_gb", self.run_bytes, url)

    def spend(self, received: int, size: int, url: str) -> None:
        """Count received bytes; `size` is that of the file so far.

        Raises:
            TooLarge: if a limit is exceeded.
        """
        with self._guard:
            self.spent += received
            spent = self.spent
        if size > self.file_bytes:
            raise _too_large("the file does not end", "max_file_gb", self.file_bytes, url)
        if spent > self.run_bytes:
            message = "the run has downloaded more than it may"
            raise _too_large(message, "max_run_gb", self.run_bytes, url)


def _too_large(message: str, key: str, limit: int, url: str) -> TooLarge:
    return TooLarge(
        f"{message}; the limit is {limit:,} bytes",
        where=redacted_address(url),
        hint=f"Check the address, or raise downloads.{key} in the configuration.",
    )

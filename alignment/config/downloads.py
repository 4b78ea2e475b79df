"""`downloads`: how much may be downloaded."""

from __future__ import annotations

from pydantic import Field

from alignment.config.base import Section


class DownloadLimits(Section):
    """Limits that stop a download without end before the disk is full. 1 GB is 10^9 bytes."""

    max_file_gb: int = Field(
        100, ge=1, le=1_000_000, description="Maximum size of one downloaded file, in GB."
    )
    max_run_gb: int = Field(
        1000, ge=1, le=1_000_000, description="Maximum of what one run downloads, in GB."
    )

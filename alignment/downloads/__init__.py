"""Fetching files, wheels and Hub snapshots, all checked against the lockfile."""

from alignment.downloads.allowance import Allowance
from alignment.downloads.fetch import Downloads
from alignment.downloads.lockfile import Lockfile
from alignment.downloads.shared import SharedDownloads

__all__ = ["Allowance", "Downloads", "Lockfile", "SharedDownloads"]

"""How much memory there is, to tell whether a table is better left on disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

SHARE = 0.5
"""A table is streamed if it would take more than this share of the memory at hand."""


def at_hand() -> int | None:
    """The bytes of memory that may be used without pushing out anything else; None where the system does not say."""
    found = []
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    if not found and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):  # a container may have less
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(found, default=None)

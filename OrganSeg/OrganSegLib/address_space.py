"""How much memory this process may address: ``ulimit -v`` and batch systems set limits."""

from __future__ import annotations

import math

from .errors import ResourceError

LIBRARIES_BYTES = 3 * 2**29  # a run with the smallest network addresses 1.4 GiB


def address_space() -> float:
    """The limit in bytes; infinity where there is none."""
    try:
        import resource
    except ImportError:  # Windows knows no such limit
        return math.inf
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return math.inf if limit == resource.RLIM_INFINITY else limit


def require_address_space() -> None:
    """Refuse to begin where libraries cannot be loaded: OpenBLAS would wait for memory without end.

    Raises:
        ResourceError: ``resource.memory``.
    """
    limit = address_space()
    if limit < LIBRARIES_BYTES:
        raise ResourceError(
            "resource.memory",
            f"This process may address {limit / 2**30:.1f} GB of memory, and OrganSeg's libraries alone need "
            f"{LIBRARIES_BYTES / 2**30:.1f} GB.",
            "Raise the limit that 'ulimit -v' shows, or ask whoever set it.",
        )

"""Memory that one stage frees stays with the process for the next one.

The C library gives large blocks back at once and takes them anew. On a virtual machine the system needs
seconds to find and clear a gigabyte; it took a seventh of a warm run. Only with the GNU library, which can
say how much it holds.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from functools import cache
from pathlib import Path

M_MMAP_MAX, M_TRIM_THRESHOLD, M_ARENA_MAX = -4, -1, -8  # of mallopt(3)
NEVER = -1
FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"  # of mallinfo(3)


class _Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS.split()]


@cache
def _library() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):  # another C library, or one of before 2021
        return None
    library.mallinfo2.restype = _Mallinfo
    return library


def keep_freed() -> None:
    """From now on large blocks lie in one heap of all threads, which does not shrink."""
    if library := _library():
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, NEVER)
        library.mallopt(M_ARENA_MAX, 1)


def give_back() -> None:
    """Hand what is free to the system; the process may go on using the rest."""
    if library := _library():
        library.malloc_trim(0)


def kept() -> int:
    """Bytes that this process holds and does not use, about; never more."""
    library = _library()
    if library is None:
        return 0
    heap = library.mallinfo2()
    resident, shared = map(int, Path("/proc/self/statm").read_text().split()[1:3])  # proc(5), in pages
    held = (resident - shared) * mmap.PAGESIZE
    return max(0, min(int(heap.fordblks), held - int(heap.uordblks)))

"""Deflate streams of many zeros: what looks like kilobytes becomes gigabytes."""

from __future__ import annotations

import gzip
import zlib
from functools import cache

MEBIBYTE = bytes(2**20)


@cache
def _zeros() -> bytes:
    """A mebibyte of zeros as a deflate block that may be repeated."""
    packer = zlib.compressobj(9, wbits=-15)
    packer.compress(b"")
    return packer.compress(MEBIBYTE) + packer.flush(zlib.Z_FULL_FLUSH)


def deflated(head: bytes, mebibytes: int, tail: bytes = b"") -> bytes:
    """A raw deflate stream of ``head``, zeros, and ``tail``."""
    packer = zlib.compressobj(6, wbits=-15)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + _zeros() * mebibytes + packer.compress(tail) + packer.flush()


def gzipped(head: bytes, mebibytes: int) -> bytes:
    """A gzip file of ``head`` and zeros; its checksum is right only without them."""
    if not mebibytes:
        return gzip.compress(head, 6, mtime=0)
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + deflated(head, mebibytes) + bytes(8)

"""Compressed voxels of NRRD and MetaImage, checked before ITK unpacks them.

ITK hands on what it could not unpack as if it were the image, with whatever was in memory as the rest, and
reads over wrong checksums.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

PIECE_BYTES = 2**20
# For gzip and zlib alike.
EITHER_HEADER = 32 + zlib.MAX_WBITS


def require_whole(path: Path, start: int, length: int | None, size: int) -> None:
    """Require that the file holds ``size`` bytes, compressed by gzip or zlib, undamaged.

    Args:
        path: the file.
        start: byte at which the compressed ones begin.
        length: how many they are; all that follow when None.
        size: how many bytes they must make.

    Raises:
        ValueError: they make more or fewer.
        zlib.error: they are damaged.
        OSError: the file cannot be read.
    """
    unpacked, inflater = 0, zlib.decompressobj(EITHER_HEADER)
    for piece in _pieces(path, start, length):
        packed = piece
        while packed and unpacked <= size:
            unpacked += len(inflater.decompress(packed, PIECE_BYTES))
            packed = inflater.unconsumed_tail
    if unpacked <= size:  # what the last piece was too small for
        unpacked += len(inflater.decompress(b"", PIECE_BYTES))
    if unpacked != size or not inflater.eof:
        raise ValueError("there are more or fewer voxels than the header says, or the last ones are missing")


def _pieces(path: Path, start: int, length: int | None) -> Iterator[bytes]:
    left = path.stat().st_size - start if length is None else length
    with path.open("rb") as stream:
        stream.seek(start)
        while left > 0 and (piece := stream.read(min(left, PIECE_BYTES))):
            left -= len(piece)
            yield piece

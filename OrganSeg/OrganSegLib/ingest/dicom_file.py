"""DICOM files as pydicom opens them: leniently, silently, and safe from what a stranger may have written."""

from __future__ import annotations

import logging
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

# A thousand slices of 512 x 512 pixels in one file. Slices shrink a few times, empty ones some hundred.
MAX_INFLATED_BYTES = 512 * 2**20
MAX_RATIO = 300
RATIO_COUNTS_FROM_BYTES = 16 * 2**20
PIECE_BYTES = 2**16


@contextmanager
def lenient() -> Iterator[None]:
    """Let pydicom take damaged values as they are: each is judged by what it is needed for.

    Its warnings are dropped: they quote values, which may be the patient's.
    """
    from pydicom import config

    logging.getLogger("pydicom").setLevel(logging.ERROR)
    with config.disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_head(path: Path, keywords: Sequence[str]) -> Dataset:
    """The elements of ``keywords`` that stand before the pixels.

    Raises:
        ValueError: one of them is there twice, so that nothing says which is right; see `require_no_bomb`.
        Exception: whatever else pydicom meets in a damaged file; there is no common base class.
    """
    from pydicom.filereader import read_partial
    from pydicom.tag import Tag

    wanted, seen = {Tag(keyword) for keyword in keywords}, set[int]()
    pixels = {Tag(keyword) for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")}

    def stop(tag: BaseTag, _kind: str | None, _length: int) -> bool:
        if tag in seen and tag in wanted:
            raise ValueError("an element is there twice")
        seen.add(tag)
        return tag in pixels

    require_no_bomb(path)
    with path.open("rb") as stream:
        return read_partial(stream, stop, force=True, specific_tags=list(wanted))


def require_no_bomb(path: Path) -> None:
    """Refuse a deflated file that would fill the memory: pydicom inflates it in one go.

    Raises:
        ValueError: it holds more than a study can.
        zlib.error: it is damaged.
    """
    from pydicom.filereader import read_dataset, read_preamble
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    with path.open("rb") as stream:
        read_preamble(stream, force=True)
        read_dataset(stream, False, True, stop_when=lambda tag, _kind, _length: tag >> 16 != 2)
        start = stream.tell()
        stream.seek(0)
        if DeflatedExplicitVRLittleEndian.encode() not in stream.read(start):
            return
        inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while piece := inflater.unconsumed_tail or stream.read(PIECE_BYTES):
            size += len(inflater.decompress(piece, PIECE_BYTES))
            likely = min(MAX_INFLATED_BYTES, max(RATIO_COUNTS_FROM_BYTES, MAX_RATIO * stream.tell()))
            if size > likely:
                raise ValueError("the file holds more than a study can")

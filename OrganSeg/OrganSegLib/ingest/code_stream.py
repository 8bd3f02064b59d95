"""Do compressed images agree with their DICOM header?

Decoders believe the code stream: one that says otherwise gives garbage, wants memory without end, or ends the
whole process. So what it says is compared before it is decoded.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# Starts of frame of JPEG and JPEG-LS (ITU-T T.81 B.1.1.3, T.87 C.2.2); DHT, JPG and DAC are none.
FRAME_STARTS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
JPEG = b"\xff\xd8\xff"
JPEG_2000 = b"\xff\x4f\xff\x51"
RLE_HEADER = struct.Struct("<16I")  # DICOM PS3.5 G.5: how many segments, and where each begins


def require_sound(data: Dataset) -> None:
    """Require that each compressed frame of ``data`` is of the size that its header states.

    Raises:
        ValueError: a frame is of another size, or ends before it says so.
        Exception: whatever else pydicom meets in a damaged file; there is no common base class.
    """
    from pydicom.encaps import generate_frames
    from pydicom.uid import RLELossless

    for stream in generate_frames(data.PixelData, number_of_frames=int(data.get("NumberOfFrames") or 1)):
        if data.file_meta.TransferSyntaxUID == RLELossless:
            segments = data.BitsAllocated // 8 * data.SamplesPerPixel
            _require_rle(stream, segments, data.Rows * data.Columns)
        elif stated_size(stream) not in (None, (data.Rows, data.Columns)):
            raise ValueError("the code stream holds an image of another size")


def stated_size(stream: bytes) -> tuple[int, int] | None:
    """Rows and columns of a JPEG, JPEG-LS or JPEG 2000 stream; None for any other.

    Raises:
        ValueError: the stream ends before it says so.
    """
    if stream.startswith(JPEG):
        return _jpeg(stream)
    # A JP2 file may wrap the code stream.
    start = stream.find(JPEG_2000, 0, 1024)
    return _jpeg_2000(stream[start:]) if start >= 0 else None


def _jpeg(stream: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker in FRAME_STARTS:
            rows, columns = (int.from_bytes(stream[at + n : at + n + 2]) for n in (5, 7))
            return rows, columns
        # Any number of 0xFF may fill the space before a marker.
        at += 1 if marker == 0xFF else 2 + int.from_bytes(stream[at + 2 : at + 4])
    raise ValueError("the code stream has no start of frame")


def _jpeg_2000(stream: bytes) -> tuple[int, int]:
    """Image size in the reference grid, less the offset (ITU-T T.800 A.5.1)."""
    if len(stream) < 24:
        raise ValueError("the code stream ends in its header")
    columns, rows, left, top = (int.from_bytes(stream[at : at + 4]) for at in range(8, 24, 4))
    return rows - top, columns - left


def _require_rle(stream: bytes, segments: int, pixels: int) -> None:
    count, *starts = RLE_HEADER.unpack_from(stream)
    ends = [*starts[1:count], len(stream)]
    if count != segments or starts[0] != RLE_HEADER.size:
        raise ValueError("the segments are not where they must be")
    for start, end in zip(starts[:count], ends, strict=True):
        if _unpacked(stream[start:end]) != pixels:
            raise ValueError("a segment holds more or fewer pixels than the image")


def _unpacked(segment: bytes) -> int:
    """How many bytes a segment is, unpacked (DICOM PS3.5 G.3.2)."""
    at = size = 0
    while at + 1 < len(segment):  # one byte may fill it to an even length
        code = segment[at]
        if code < 128:  # as many bytes as they are
            size, at = size + code + 1, at + code + 2
        else:  # the next byte many times; 128 does nothing
            size, at = size + (257 - code) % 129, at + (2 if code > 128 else 1)
    return size

"""NIfTI headers and voxels as the file has them.

ITK takes 1 mm where the spacing is missing, believes ``pixdim`` where the sform contradicts it, turns NaN
into 0 HU (water) and fills a truncated file up with zeros, all without a word. So the file is read here, and
ITK is asked only for the affine, whose rules (qform, sform) it knows.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

GZIP = b"\x1f\x8b"
SIZE = 348
# Extensions of the header are kilobytes; behind a gzip bomb, seeking farther could take for ever.
MAX_OFFSET = 64 * 2**20
# Field -> type and offset: nifti1.h, https://nifti.nimh.nih.gov/nifti-1.
FIELDS = {
    "sizeof_hdr": ("i4", 0),
    "dim": ("8i2", 40),
    "datatype": ("i2", 70),
    "pixdim": ("8f4", 76),
    "vox_offset": ("f4", 108),
    "scl_slope": ("f4", 112),
    "scl_inter": ("f4", 116),
    "qform_code": ("i2", 252),
    "sform_code": ("i2", 254),
    "quatern": ("3f4", 256),
    "qoffset": ("3f4", 268),
    "srow": ("(3,4)f4", 280),
}
TYPES = {
    **{256: "i1", 4: "i2", 8: "i4", 1024: "i8"},
    **{2: "u1", 512: "u2", 768: "u4", 1280: "u8"},
    **{16: "f4", 64: "f8"},
}


@dataclass(frozen=True)
class NiftiFile:
    """A NIfTI-1 file, plain or compressed by gzip.

    Attributes:
        path: the file.
        header: its fields, as in ``FIELDS``.
        order: ``<`` or ``>``, the file's byte order.
    """

    path: Path
    header: Any
    order: str

    @classmethod
    def of(cls, path: Path) -> NiftiFile:
        """Read the header.

        Raises:
            ValueError: this is no NIfTI-1 file.
            EOFError, OSError, zlib.error: it cannot be read.
        """
        with _open(path) as stream:
            start = stream.read(SIZE).ljust(SIZE, b"\0")
        for order in "<>":
            header = np.frombuffer(start, _layout(order), 1)[0]
            if header["sizeof_hdr"] == SIZE:
                return cls(path, header, order)
        raise ValueError("no NIfTI-1 header")

    @property
    def states_spacing(self) -> bool:
        return bool(np.all(self.header["pixdim"][1:4] != 0))

    @property
    def states_orientation(self) -> bool:
        return bool(self.header["qform_code"] > 0 or self.header["sform_code"] > 0)

    @property
    def consistent(self) -> bool:
        """The spacing is finite, and that of the sform, if there is one, agrees with it to 1 %."""
        spacing = np.abs(self.header["pixdim"][1:4])
        if self.header["sform_code"] <= 0:
            return bool(np.isfinite(spacing).all())
        axes = self.header["srow"][:, :3].astype(np.float64)
        return bool(np.allclose(np.linalg.norm(axes, axis=0), spacing, rtol=0.01, atol=0))

    @property
    def states_two_places(self) -> bool:
        """There are a qform and a sform, and they differ by more than 1 mm or about a degree."""
        if not (self.header["qform_code"] > 0 and self.header["sform_code"] > 0):
            return False
        sform = self.header["srow"].astype(np.float64)
        off = np.abs(self._qform() - sform)
        return not (off[:, 3].max() <= 1 and off[:, :3].max() <= 0.02 * np.abs(sform[:, :3]).max())

    def _qform(self) -> NDArray[np.float64]:
        """3x4; rotation from a quaternion, nifti1.h's method 2. NaN where the file's numbers are none."""
        b, c, d = (float(part) for part in self.header["quatern"])
        a = math.sqrt(max(0.0, 1 - b * b - c * c - d * d))
        rotation = np.array(
            [
                [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
            ]
        )
        handedness = -1.0 if self.header["pixdim"][0] < 0 else 1.0
        with np.errstate(invalid="ignore"):
            axes = rotation * np.abs(self.header["pixdim"][1:4]) * (1, 1, handedness)
        return np.column_stack([axes, self.header["qoffset"]])

    def planes(self) -> Iterator[NDArray[Any]]:
        """The slices of the (first) volume in order, [j, i], with slope and intercept applied.

        Raises:
            EOFError: the file is truncated.
            ValueError: its voxels begin at an absurd place.
            KeyError: its voxels are of no number type.
            OSError, zlib.error: it is damaged.
        """
        kind = np.dtype(self.order + TYPES[int(self.header["datatype"])])
        columns, rows, planes = (int(extent) for extent in self.header["dim"][1:4])
        slope, intercept = self.header["scl_slope"], self.header["scl_inter"]
        scaled = bool(np.isfinite([slope, intercept]).all() and slope != 0)
        offset = self.header["vox_offset"]
        if not abs(offset) <= MAX_OFFSET:  # NaN neither
            raise ValueError("the voxels begin at an absurd place")
        with _open(self.path) as stream:
            stream.seek(max(int(offset), SIZE + 4))
            for _ in range(planes):
                content = stream.read(rows * columns * kind.itemsize)
                if len(content) < rows * columns * kind.itemsize:
                    raise EOFError("the file ends before its last slice")
                values = np.frombuffer(content, kind).reshape(rows, columns)
                yield values * slope + intercept if scaled else values
            stream.read(1)  # at the end of the file, gzip compares its checksum


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        packed = stream.read(2) == GZIP
    return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")


def _layout(order: str) -> np.dtype[Any]:
    return np.dtype(
        {
            "names": list(FIELDS),
            "formats": [kind for kind, _ in FIELDS.values()],
            "offsets": [offset for _, offset in FIELDS.values()],
            "itemsize": SIZE,
        }
    ).newbyteorder("<" if order == "<" else ">")

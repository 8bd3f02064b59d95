"""The voxels of DICOM files, in Hounsfield units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .code_stream import require_sound
from .dicom_file import lenient, require_no_bomb
from .headers import Frame
from .hounsfield import AIR_HU, settle
from .quiet import silent_stderr

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# No tissue or implant measures more in a 12-bit CT, so a declared padding value above it is no tissue.
MAX_TISSUE_HU = 3071


def decode(frames: Sequence[Frame]) -> tuple[NDArray[np.int16], list[tuple[int, int]]]:
    """Hounsfield units of the ``frames``, [slice, row, column], and for each slice what `settle` changed.

    Uncompressed files are read by pydicom, compressed ones by GDCM (in SimpleITK), which knows every lossless
    and lossy JPEG, JPEG-LS, JPEG 2000 and RLE; what GDCM does not know goes to pydicom's plug-ins.

    Raises:
        InputError: ``input.unreadable`` when a file is truncated, damaged or compressed in an unknown way, or
            its image has another size than its header says.
    """
    volume: NDArray[np.int16] = np.empty((len(frames), *frames[0].shape), np.int16)
    changed = [(0, 0)] * len(frames)
    files: dict[str, list[int]] = defaultdict(list)
    for place, frame in enumerate(frames):
        files[frame.path].append(place)
    for path, places in files.items():
        image = _Image.of(path, [frames[place] for place in places])
        for place in places:
            changed[place] = settle(image.hounsfield(frames[place]), volume[place])
    return volume, changed


@dataclass(frozen=True)
class _Image:
    """The values of one file, [frame, row, column], as stored or already rescaled to HU."""

    values: NDArray[Any]
    rescaled: bool

    @classmethod
    def of(cls, path: str, frames: Sequence[Frame]) -> _Image:
        try:
            values, rescaled = _read(path, frames)
            return cls(values.reshape(-1, *frames[0].shape), rescaled)
        # A damaged file can raise anything from the decoders, which have no common base class.
        except Exception as problem:
            place = ", ".join(f"{part:.1f}" for part in frames[0].position)
            sentence = f"The slice at ({place}) mm is truncated, damaged or compressed in an unknown way."
            next_step = "Copy or export the series again, uncompressed if possible."
            raise InputError("input.unreadable", sentence, next_step) from problem

    def hounsfield(self, frame: Frame) -> NDArray[Any]:
        """One frame in HU, with the declared padding below air, where `settle` finds it.

        A padding value that lies among tissues is a mistake of the file's writer: it is taken for image.
        """
        hu: NDArray[Any] = self.values[frame.index]
        if not self.rescaled:
            hu = hu * np.float32(frame.slope) + np.float32(frame.intercept)
        if frame.padding:
            first, last = (frame.padding[end] * frame.slope + frame.intercept for end in (0, -1))
            if first > MAX_TISSUE_HU:
                hu = np.where((hu >= first) & (hu <= last), 2 * AIR_HU, hu)
        return hu


def _read(path: str, frames: Sequence[Frame]) -> tuple[NDArray[Any], bool]:
    """The file's values, and whether they are rescaled."""
    import pydicom

    require_no_bomb(Path(path))
    with lenient():
        data = pydicom.dcmread(path, force=True)
        syntax = data.file_meta.get("TransferSyntaxUID")
        native = syntax is not None and not syntax.is_encapsulated
        if native:
            _require_length(data)
        elif syntax is not None:
            require_sound(data)
        # GDCM applies one rescale to the whole file.
        if native or len({(frame.slope, frame.intercept) for frame in frames}) > 1:
            return data.pixel_array, False
        try:
            return _gdcm(path), True
        except (RuntimeError, UnicodeEncodeError):
            return data.pixel_array, False


def _require_length(data: Dataset) -> None:
    """Require no more pixels than the header says: of a larger image, pydicom takes the first part.

    A few bytes of padding behind them do no harm.
    """
    from pydicom.pixels.utils import get_expected_length

    spare = min(data.Rows, data.Columns) * data.BitsAllocated // 8
    if "PixelData" in data and len(data.PixelData) >= get_expected_length(data) + spare:
        raise ValueError("the file holds more pixels than its header says")


def _gdcm(path: str) -> NDArray[Any]:
    import SimpleITK as sitk

    sitk.ProcessObject_GlobalWarningDisplayOff()
    path.encode()  # ITK ends the process over a name that is no UTF-8
    with silent_stderr():  # libjpeg prints what it meets, also where GDCM goes on to another decoder
        image = sitk.ReadImage(path, imageIO="GDCMImageIO")
    values: NDArray[Any] = sitk.GetArrayFromImage(image)
    return values

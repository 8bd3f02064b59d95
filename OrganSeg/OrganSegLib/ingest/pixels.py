"""The voxels of DICOM files, in Hounsfield units."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .checks import AIR_HU, INT16_MAX
from .headers import Frame

# 12-bit JPEG: libjpeg prints a line for each slice before GDCM tries its other decoder, which works.
TALKATIVE = {"1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"}
# No tissue or implant measures more in a 12-bit CT, so a declared padding value above it is no tissue.
MAX_TISSUE_HU = 3071


def decode(frames: Sequence[Frame]) -> tuple[NDArray[np.int16], int]:
    """Hounsfield units of the ``frames``, [slice, row, column], and how many voxels were padding.

    Uncompressed files are read by pydicom, compressed ones by GDCM (in SimpleITK), which knows every lossless
    and lossy JPEG, JPEG-LS, JPEG 2000 and RLE; what GDCM does not know goes to pydicom's plug-ins. Values are
    rounded to whole HU; those below -1024, and the declared padding value where it lies beyond any tissue,
    become -1024.

    Raises:
        InputError: ``input.unreadable`` when a file is truncated, damaged or compressed in an unknown way.
    """
    volume: NDArray[np.int16] | None = None
    padded = 0
    loaded, values = "", np.empty(0)
    for index, frame in enumerate(frames):
        if frame.path != loaded:
            loaded, values = frame.path, _values(frame, frames)
        hu = values[frame.index]
        if volume is None:
            volume = np.empty((len(frames), *hu.shape), np.int16)
        padded += _store(hu, frame, volume[index])
    assert volume is not None
    return volume, padded


def _store(hu: NDArray[Any], frame: Frame, out: NDArray[np.int16]) -> int:
    empty = hu < AIR_HU
    if frame.padding:
        first, last = (frame.padding[end] * frame.slope + frame.intercept for end in (0, -1))
        if first > MAX_TISSUE_HU:
            empty |= (hu >= first) & (hu <= last)
    np.clip(np.rint(hu), AIR_HU, INT16_MAX, out=out, casting="unsafe")
    out[empty] = AIR_HU
    return int(np.count_nonzero(empty))


def _values(frame: Frame, frames: Sequence[Frame]) -> NDArray[Any]:
    """All frames of one file in HU, [frame, row, column]."""
    try:
        return _read(frame, frames)
    # A damaged file can raise anything from the decoders, which have no common base class.
    except Exception as problem:
        raise InputError(
            "input.unreadable",
            f"The slice at {_place(frame)} mm is truncated, damaged or compressed in a way that cannot be read.",
            "Copy or export the series again, uncompressed if possible.",
        ) from problem


def _read(frame: Frame, frames: Sequence[Frame]) -> NDArray[Any]:
    import pydicom
    from pydicom import config

    with config.disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(frame.path, force=True)
        syntax = data.file_meta.get("TransferSyntaxUID")
        rescales = {(one.slope, one.intercept): one for one in frames if one.path == frame.path}
        # GDCM applies one rescale to the whole file.
        if syntax is not None and (not syntax.is_compressed or syntax.is_deflated or len(rescales) > 1):
            return _rescaled(data.pixel_array, frame.path, frames)
        try:
            return _gdcm(frame.path, quiet=syntax in TALKATIVE)
        except RuntimeError:
            return _rescaled(data.pixel_array, frame.path, frames)


def _rescaled(stored: NDArray[Any], path: str, frames: Sequence[Frame]) -> NDArray[Any]:
    stored = stored.reshape(-1, *stored.shape[-2:])
    hu = np.empty(stored.shape, np.float32)
    for frame in frames:
        if frame.path == path:
            np.multiply(stored[frame.index], frame.slope, out=hu[frame.index])
            hu[frame.index] += frame.intercept
    return hu


def _gdcm(path: str, quiet: bool) -> NDArray[Any]:
    import SimpleITK as sitk

    sitk.ProcessObject_GlobalWarningDisplayOff()
    with _silent_stderr() if quiet else nullcontext():
        image = sitk.ReadImage(path, imageIO="GDCMImageIO")
    values = sitk.GetArrayFromImage(image)
    return values.reshape(-1, *values.shape[-2:])


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what C libraries print to the process's standard error."""
    sys.stderr.flush()
    kept = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)


def _place(frame: Frame) -> str:
    return ", ".join(f"{part:.1f}" for part in frame.position)

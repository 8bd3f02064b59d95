"""Targets by name: a mask file, an organ of the results, or coordinates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ..decimal_point import decimal_point
from ..errors import InputError
from ..ingest.quiet import silent_stderr
from ..volume import Grid, Labelmap, Triple
from .target import Target

SHOWN = 12  # segments listed in a message


def find_target(name: str, labelmap: Labelmap, radius_mm: float = 0.0, segment: str | None = None) -> Target:
    """What the user names as the target: ``L,P,S`` (millimetres), an organ of the labelmap, or a mask file.

    Args:
        name: an organ's name goes before a file's.
        labelmap: the results.
        radius_mm: of the ball around a point.
        segment: which segment of the file, where it holds several.

    Raises:
        InputError: ``input.unknown_target`` when it is none of the three, ``input.no_ball`` for a radius and
            ``input.no_segments`` for a segment of what has none, and as `Target.of_point`,
            `Target.of_organ` and `read_target`.
    """
    point, is_organ = _point(name), name in {organ.name for organ in labelmap.organs.values()}
    if radius_mm and not point:
        raise InputError(
            "input.no_ball",
            f"A radius was given, but the target '{name}' is no position.",
            "Leave out the radius, or name a position L,P,S in millimetres.",
        )
    if segment is not None and (point or is_organ):
        raise InputError(
            "input.no_segments",
            f"A segment was named, but the target '{name}' is no file that holds segments.",
            "Leave out the segment, or name a mask file.",
        )
    if point:
        return Target.of_point(point, radius_mm)
    if is_organ:
        return Target.of_organ(labelmap, name)
    if Path(name).is_file():
        return read_target(Path(name), segment)
    known = ", ".join(organ.name for organ in labelmap.organs.values())
    raise InputError(
        "input.unknown_target",
        f"'{name}' is no file, and the results hold no organ of that name.",
        f"Name a mask file, a position L,P,S in millimetres, or one of: {known}.",
    )


def read_target(path: Path, segment: str | None = None) -> Target:
    """A mask in a NIfTI, NRRD (also ``.seg.nrrd``) or MetaImage file.

    Args:
        path: to a volume; where it holds one segment, that is everything above 0.
        segment: name, ID or label value of one of several segments.

    Raises:
        InputError: ``input.unreadable_target``, ``input.several_segments``, ``input.unknown_segment``,
            ``input.empty_target``.
    """
    image = _image(path)
    segments = _segments(image)
    if segment is not None:
        chosen = [part for part in segments if segment in part.names]
        if not chosen:
            raise _ask_for_one("input.unknown_segment", path, f"has no segment {segment!r}", segments)
    elif len(segments) > 1:
        raise _ask_for_one("input.several_segments", path, f"holds {len(segments)} segments", segments)
    else:
        chosen = segments or [_Segment(("",), 0, 1)]  # an empty file fails as an empty target
    mask = _layers(image)[..., chosen[0].layer] == chosen[0].value
    return Target.of_mask(mask, Grid.of(image), segment or path.name.split(".")[0])


@dataclass(frozen=True)
class _Segment:
    """One of the segments in a file: what it is called, and where it is."""

    names: tuple[str, ...]
    layer: int
    value: float


def _image(path: Path) -> sitk.Image:
    """The file's volume, several values per voxel where segments overlap."""
    if not path.is_file():  # reading a pipe or a device could wait for ever
        raise _unreadable(path)
    try:
        with silent_stderr(), decimal_point():
            image = sitk.ReadImage(path)
        if image.GetDimension() == 4 and image.GetSize()[3] == 1:
            image = image[:, :, :, 0]
        if image.GetDimension() == 3:
            return image
    except RuntimeError as error:
        raise _unreadable(path) from error
    raise _unreadable(path)


def _unreadable(path: Path) -> InputError:
    return InputError(
        "input.unreadable_target",
        f"The target '{path}' cannot be read as a volume.",
        "Save the mask again as NIfTI, NRRD or MetaImage.",
    )


def _layers(image: sitk.Image) -> NDArray[Any]:
    """The voxels, [k, j, i, layer]."""
    return sitk.GetArrayViewFromImage(image).reshape(*image.GetSize()[::-1], -1)


def _segments(image: sitk.Image) -> list[_Segment]:
    """Those that a ``.seg.nrrd`` file lists, or one per value above 0."""
    numbers = [key[7:-11] for key in image.GetMetaDataKeys() if re.fullmatch(r"Segment\d+_LabelValue", key)]
    if not numbers:
        voxels = _layers(image)
        return [_Segment((f"{value:g}",), 0, value) for value in np.unique(voxels[voxels > 0])]
    return [
        _Segment(
            tuple(_field(image, number, key) for key in ("Name", "ID", "LabelValue")),
            int(_field(image, number, "Layer") or 0),
            float(_field(image, number, "LabelValue")),
        )
        for number in sorted(numbers, key=int)
    ]


def _field(image: sitk.Image, number: str, key: str) -> str:
    name = f"Segment{number}_{key}"
    return str(image.GetMetaData(name)) if image.HasMetaDataKey(name) else ""


def _ask_for_one(code: str, path: Path, problem: str, segments: list[_Segment]) -> InputError:
    names = [segment.names[0] for segment in segments]
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return InputError(code, f"The target '{path}' {problem}.", f"Choose one of its segments: {shown}.")


def _point(text: str) -> Triple | None:
    """Three numbers between commas."""
    try:
        left, back, up = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return left, back, up

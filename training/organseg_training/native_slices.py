"""A scan slice by slice: what each is called, what lies on it, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.organs import Organ
from OrganSegLib.volume import Grid, Labelmap, Scan

from .files import replacing, write_csv

Colour = tuple[int, int, int]
MaskFormat = Literal["png", "npy"]


@dataclass(frozen=True)
class NativeSlices:
    """The slices across the grid's axis that runs nearest to the patient's, as they were acquired.

    Attributes:
        axis: of the array [k, j, i].
        names: of the DICOM files, or numbers from 1.
        pixel_mm2: area of a pixel on the slice, however the slice is tilted.
        positions_mm: of the slices' centres along the patient's axis, LPS.
    """

    axis: int
    names: tuple[str, ...]
    pixel_mm2: float
    positions_mm: tuple[float, ...]

    @classmethod
    def of(cls, scan: Scan, grid: Grid | None = None) -> NativeSlices:
        """Those of a scan, or of labels on another grid, which have numbers for names."""
        own = grid is None or grid == scan.grid
        grid = grid or scan.grid
        along = int(np.abs(grid.direction[6:]).argmax())
        count = grid.size[along]
        in_plane = [mm for n, mm in enumerate(grid.spacing_mm) if n != along]
        index = np.tile((np.array([*grid.size, 3]) - 1.0)[:, None] / 2, count)
        index[along], index[3] = np.arange(count), 1.0
        files = scan.source.files if own and along == 2 and len(scan.source.files) == count else ()
        return cls(
            2 - along,
            _names(files, count),
            float(np.prod(in_plane)),
            tuple(float(z) for z in (grid.affine @ index)[2]),
        )

    def stacked(self, voxels: NDArray[Any]) -> NDArray[Any]:
        """The array with its slices first; neither flipped nor copied."""
        return np.moveaxis(voxels, self.axis, 0)


def _names(files: tuple[str, ...], count: int) -> tuple[str, ...]:
    """What the files are called, if that tells them apart."""
    for names in ([Path(f).stem for f in files], [Path(f).name for f in files]):
        if names and len(set(names)) == count:
            return tuple(names)
    return tuple(f"{n:04d}" for n in range(1, count + 1))


def write_masks(
    folder: Path,
    voxels: NDArray[np.uint8],
    names: tuple[str, ...],
    colours: dict[int, Colour],
    kind: MaskFormat,
) -> None:
    """Write each slice as ``NAME.png`` or ``NAME.npy``: label values as they are, in PNG with colours.

    Args:
        voxels: label values, slices first.
    """
    from PIL import Image

    palette = np.zeros((256, 3), np.uint8)
    for value, colour in colours.items():
        palette[value] = colour
    for name, pixels in zip(names, np.ascontiguousarray(voxels), strict=True):
        with replacing(folder / f"{name}.{kind}") as path:
            if kind == "npy":
                np.save(path, pixels)
            else:
                image = Image.fromarray(pixels)
                image.putpalette(palette.tobytes())
                image.save(path)


def areas_mm2(labelmap: Labelmap, slices: NativeSlices) -> dict[Organ, NDArray[np.float64]]:
    """Cross-sectional area of each organ on each slice, in mm2."""
    stack = slices.stacked(labelmap.voxels)
    return {
        organ: np.count_nonzero(stack == value, axis=(1, 2)) * slices.pixel_mm2
        for value, organ in labelmap.organs.items()
    }


def write_areas(folder: Path, areas: dict[Organ, NDArray[np.float64]], slices: NativeSlices) -> None:
    """Write ``areas.csv`` (a row per slice) and ``areas_summary.csv`` (a row per structure).

    Mean and sample SD are of the slices that show the structure; an empty cell says that there is no value.
    """
    heading = ["slice", "position_mm", *(f"{organ.name}_mm2" for organ in areas)]
    rows = (
        [name, round(position, 3), *(_rounded(of_organ[n]) for of_organ in areas.values())]
        for n, (name, position) in enumerate(zip(slices.names, slices.positions_mm, strict=True))
    )
    write_csv(folder / "areas.csv", heading, rows)
    heading = ["structure", "slices", "mean_mm2", "sd_mm2", "largest_mm2"]
    write_csv(folder / "areas_summary.csv", heading, [_summary(organ, areas[organ]) for organ in areas])


def _summary(organ: Organ, areas: NDArray[np.float64]) -> list[object]:
    shown = areas[areas > 0]
    mean, largest = (shown.mean(), shown.max()) if len(shown) else (None, None)
    sd = shown.std(ddof=1) if len(shown) > 1 else None
    return [organ.name, len(shown), *map(_rounded, (mean, sd, largest))]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 2)

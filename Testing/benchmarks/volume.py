"""Makes the benchmark's CT: ``python -m Testing.benchmarks.volume OUTPUT I J K X_MM Y_MM Z_MM``.

A real CT where the test data has one, else a phantom, resampled to the wanted spacing, cropped or padded in
the plane, and mirrored on and on along the patient until it is as long as wanted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.phantom import make_phantom

AIR_HU = -1024
DATA = Path(os.environ.get("ORGANSEG_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
REAL_CT = DATA / "ct" / "lidc_idri_0001.nii.gz"


def main(output: Path, size: tuple[int, ...], spacing_mm: tuple[float, ...]) -> None:
    """Write the volume and say on stdout what it was made of."""
    if REAL_CT.is_file():
        source, origin = sitk.ReadImage(str(REAL_CT)), "real chest CT, tiled"
    else:
        scan, _ = make_phantom(seed=1, spacing_mm=(2.0, 2.0, 3.0))
        source, origin = scan.grid.image(scan.voxels), "phantom, tiled"
    image = sitk.GetImageFromArray(_tiled(_fitted(_resampled(source, spacing_mm), size), size[2]))
    image.SetSpacing(spacing_mm)
    sitk.WriteImage(image, str(output))
    print(origin)


def _resampled(image: sitk.Image, spacing_mm: tuple[float, ...]) -> NDArray[np.int16]:
    extent = np.multiply(image.GetSize(), image.GetSpacing())
    grid = sitk.ResampleImageFilter()
    grid.SetSize([int(n) for n in extent // spacing_mm])
    grid.SetOutputSpacing(spacing_mm)
    grid.SetOutputOrigin(image.GetOrigin())
    grid.SetOutputDirection(image.GetDirection())
    grid.SetDefaultPixelValue(AIR_HU)
    return sitk.GetArrayFromImage(grid.Execute(sitk.Cast(image, sitk.sitkInt16)))


def _fitted(voxels: NDArray[np.int16], size: tuple[int, ...]) -> NDArray[np.int16]:
    """Cropped or padded with air to the wanted size in the plane, about its centre."""
    for axis, wanted in ((1, size[1]), (2, size[0])):
        spare = voxels.shape[axis] - wanted
        if spare > 0:
            voxels = voxels.take(range(spare // 2, spare // 2 + wanted), axis)
        margins = [(0, 0)] * 3
        margins[axis] = (max(0, -spare) // 2, max(0, -spare) - max(0, -spare) // 2)
        voxels = np.pad(voxels, margins, constant_values=AIR_HU)
    return voxels


def _tiled(voxels: NDArray[np.int16], slices: int) -> NDArray[np.int16]:
    there_and_back = [voxels, voxels[::-1]]
    tiles = -(-slices // len(voxels))
    return np.concatenate([there_and_back[n % 2] for n in range(tiles)])[:slices]


if __name__ == "__main__":
    numbers = sys.argv[2:]
    main(Path(sys.argv[1]), tuple(int(n) for n in numbers[:3]), tuple(float(n) for n in numbers[3:]))

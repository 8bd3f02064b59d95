"""People whose organs are labelled well: phantoms, and the shared real data where it is there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from organseg_training.readers.numbering import numbering
from OrganSegLib.ingest import read_study
from OrganSegLib.organs import catalogue
from OrganSegLib.phantom import LABELS, make_phantom
from OrganSegLib.volume import Grid, Labelmap, Scan

DATA = Path(os.environ.get("ORGANSEG_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
# Scan, labels and the numbering of the labels; all labels are TotalSegmentator's.
SCANS = {
    "ts_reference_1": ("ct/ts_reference_1.nii.gz", "ct/ts_reference_1_labels_v1.nii.gz", "v1"),
    "lidc_idri_0001": ("ct/lidc_idri_0001.nii.gz", "ct/lidc_idri_0001_labels.nii.gz", "v2"),
    "ts_reference_2": ("dicom/ts_reference_2", "ct/ts_reference_2_labels.nii.gz", "v2"),
}
# Of the label maps without images; background is unknown in them.
BTCV = {1: "spleen", 2: "kidney_right", 3: "kidney_left", 4: "gallbladder", 5: "liver", 6: "stomach"}
BTCV |= {7: "aorta", 8: "pancreas"}
BTCV_STEP = 4  # of their voxels in the plane, to 3 mm: nothing here needs more
# Hounsfield units that tissues are painted with where there is no image, over fat.
FAT_HU, NOISE_HU = -100, 12
PAINT_HU = {"liver": 105, "spleen": 115, "gallbladder": 10, "stomach": 30, "aorta": 150, "pancreas": 90}
PAINT_HU |= {"kidney_left": 170, "kidney_right": 170}


@dataclass(frozen=True)
class Person:
    """A scan with good labels; ``scan`` is painted by the labels where ``painted``."""

    name: str
    scan: Scan
    labelmap: Labelmap
    painted: bool = False


def phantoms(seeds: Iterable[int], spacing_mm: float = 5.0, region: str = "torso") -> Iterator[Person]:
    """Computed people, one per seed."""
    for seed in seeds:
        yield Person(f"phantom {seed}", *make_phantom(seed, (spacing_mm,) * 3, region))


def real_people() -> Iterator[Person]:
    """Real scans with labels; nobody where the shared data is not there."""
    names = DATA / "names_v2.json"
    for name, (image, labels, numbers) in SCANS.items():
        if not (DATA / labels).is_file():
            continue
        scan = read_study(DATA / image)
        to_name = numbering(numbers, names)
        yield Person(
            name, scan, _labelmap(_on_grid(sitk.ReadImage(str(DATA / labels)), scan.grid), scan.grid, to_name)
        )


def label_maps() -> Iterator[Person]:
    """Real label maps without their images, which are painted; nobody where the shared data is not there."""
    for path in sorted((DATA / "labelmaps" / "btcv").glob("label*.nii.gz")):
        image = sitk.ReadImage(str(path))[::BTCV_STEP, ::BTCV_STEP, :]
        # The files lost their orientation: their rows run to the front of the body.
        grid = replace(Grid.of(image), direction=(1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0))
        labelmap = _labelmap(sitk.GetArrayFromImage(image), grid, BTCV)
        yield Person(path.name.removesuffix(".nii.gz"), _painted(labelmap), labelmap, painted=True)


def _on_grid(image: sitk.Image, grid: Grid) -> NDArray[np.int_]:
    reference = grid.image(np.zeros(grid.shape, np.uint8))
    return sitk.GetArrayFromImage(sitk.Resample(image, reference, sitk.Transform(), sitk.sitkNearestNeighbor))


def _labelmap(voxels: NDArray[np.int_], grid: Grid, names: dict[int, str]) -> Labelmap:
    """Those of the structures that OrganSeg knows, by its own numbers."""
    table = np.zeros(int(voxels.max()) + 1, np.uint8)
    for value, name in names.items():
        if name in LABELS and value < len(table):
            table[value] = LABELS[name]
    ours = table[voxels.astype(np.intp)]
    organs = {label: catalogue()[name] for name, label in LABELS.items() if (ours == label).any()}
    return Labelmap(ours, grid, organs)


def _painted(labelmap: Labelmap) -> Scan:
    table = np.full(max(LABELS.values()) + 1, FAT_HU, np.int16)
    for name, hu in PAINT_HU.items():
        table[LABELS[name]] = hu
    noise = np.random.default_rng(0).normal(0, NOISE_HU, labelmap.voxels.shape)
    return Scan((table[labelmap.voxels] + noise).astype(np.int16), labelmap.grid)

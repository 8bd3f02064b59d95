"""Raw scans and label maps -> cases at the network's spacing, resampled by the engine's own code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.ingest import read_study
from OrganSegLib.phantom import make_phantom
from OrganSegLib.preprocess import body_box, resample
from OrganSegLib.volume import Grid

from .classes import ORGANS, numbering, translate
from .config import Config, Source
from .rules import label_lungs

LUNGS = ("lung_left", "lung_right")


@dataclass(frozen=True)
class Case:
    """One person at the network's spacing, cropped to the body.

    Attributes:
        name: of the scan.
        hu: int16, (z, y, x), patient axes.
        labels: uint8 class numbers, `classes.UNKNOWN` where nothing is known.
        known: organs that the labels tell of; the others may hide in the background.
    """

    name: str
    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    known: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether the labels tell of every organ, so that background is no organ."""
        return set(self.known) == set(ORGANS)

    def save(self, folder: Path) -> None:
        np.savez_compressed(folder / f"{self.name}.npz", hu=self.hu, labels=self.labels, known=self.known)

    @classmethod
    def load(cls, path: Path) -> Case:
        with np.load(path) as arrays:
            return cls(path.stem, arrays["hu"], arrays["labels"], tuple(str(k) for k in arrays["known"]))


def prepare(config: Config, output: Path) -> None:
    """Write each case as ``<name>.npz``, and ``manifest.json`` with the checksums of the raw files."""
    output.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for source in config.sources:
        case = prepare_scan(source, config)
        case.save(output)
        files = [source.image, *([source.labels] if source.labels else [])]
        manifest[source.name] = {
            "files": {str(file): _sha256(config.data / file) for file in files},
            "licence": source.licence,
            "shape": case.hu.shape,
            "known": case.known,
            "role": source.role,
        }
    for seed in range(config.phantoms):
        prepare_phantom(seed, config).save(output)
    manifest["phantoms"] = {"seeds": config.phantoms}
    (output / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def prepare_scan(source: Source, config: Config) -> Case:
    """One real scan: its published labels translated, or its lungs by rule."""
    hu, grid = resample(read_study(config.data / source.image), config.spacing_mm)
    if source.labels:
        image = sitk.ReadImage(str(config.data / source.labels))
        names = numbering(source.numbering, config.data / config.names_v2)
        labels = translate(resample_labels(image, grid), names)
        known = ORGANS
    else:
        labels, known = label_lungs(hu, config.spacing_mm[0]), LUNGS
    return _cropped(source.name, hu, labels, known)


def prepare_phantom(seed: int, config: Config) -> Case:
    """One generated person; exact labels."""
    scan, labelmap = make_phantom(seed=seed, spacing_mm=config.spacing_mm)
    names = {value: organ.name for value, organ in labelmap.organs.items()}
    return _cropped(f"phantom_{seed:03d}", scan.voxels, translate(labelmap.voxels, names), ORGANS)


def _cropped(name: str, hu: NDArray, labels: NDArray[np.uint8], known: tuple[str, ...]) -> Case:
    box = body_box(hu)
    return Case(name, np.round(hu[box]).clip(-1024, 3071).astype(np.int16), labels[box], known)


def resample_labels(image: sitk.Image, grid: Grid) -> NDArray[np.uint8]:
    """The nearest label of ``image`` at each voxel of ``grid``, whose axes are the patient's; 0 outside."""
    reference = sitk.Image(*grid.size, sitk.sitkUInt8)
    reference.SetSpacing(grid.spacing_mm)
    reference.SetOrigin(grid.origin_mm)
    nearest = sitk.Resample(
        sitk.Cast(image, sitk.sitkUInt8), reference, sitk.Transform(), sitk.sitkNearestNeighbor, 0
    )
    return sitk.GetArrayFromImage(nearest)


def _sha256(path: Path) -> str:
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()

"""What a prepared data set is like, in numbers, and the settings that they suggest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .case import UNREADABLE, Case
from .classes import UNKNOWN
from .errors import DataError
from .files import write_json
from .grids import times
from .manifest import Manifest

if TYPE_CHECKING:
    from .config import Config

LOWEST_HU, HIGHEST_HU = -1024, 3071
PERCENTILES = (0.5, 5.0, 50.0, 95.0, 99.5)
LARGEST_PATCH = (128, 128, 96)  # along x, y, z: what trains within 8 GB


@dataclass(frozen=True)
class ClassFacts:
    """One class in all cases.

    Attributes:
        known_in: cases whose labels tell of it.
        found_in: cases that show it.
        voxels: in all cases, at the network's spacing.
        volume_ml: least, median and greatest volume in a case that shows it.
        hu: HU at `PERCENTILES` of its voxels.
    """

    known_in: int
    found_in: int
    voxels: int
    volume_ml: tuple[float, float, float]
    hu: tuple[float, ...]


@dataclass(frozen=True)
class Fingerprint:
    """A data set in numbers.

    Attributes:
        cases, patients: how many.
        classes: by name, those that any case shows.
        foreground_hu: HU at `PERCENTILES` of all labelled voxels.
        mean_hu, sd_hu: of all labelled voxels, clipped to the outermost percentiles.
        scan_spacing_mm, scan_size: least, median and greatest along the raw scans' i, j, k.
        case_size: the same of the prepared cases along x, y, z.
        suggestion: sentences about spacing, window and patch.
    """

    cases: int
    patients: int
    classes: dict[str, ClassFacts]
    foreground_hu: tuple[float, ...]
    mean_hu: float
    sd_hu: float
    scan_spacing_mm: tuple[tuple[float, ...], ...]
    scan_size: tuple[tuple[float, ...], ...]
    case_size: tuple[tuple[float, ...], ...]
    suggestion: str

    def save(self, path: Path) -> None:
        write_json(path, {"hu_percentiles": PERCENTILES, **asdict(self)})


def fingerprint(config: Config, cases: Path) -> Fingerprint:
    """Measure the scans of a folder that are learnt from; painted ones have no HU of their own.

    The suggested spacing and window follow Isensee et al., Nature Methods 18, 2021 (nnU-Net): the median
    spacing, HU between the 0.5 and 99.5 percentile of the labelled voxels, and z-scores of these.

    Raises:
        DataError: ``data.not_prepared``, ``data.damaged_manifest``, ``data.no_scans``, ``data.corrupt_case``.
    """
    manifest = Manifest.load(cases)
    records = {n: r for n, r in manifest.cases.items() if r.role == "train" and not r.painted}
    if not records:
        raise DataError(
            "data.no_scans", "There is no case to learn from.", "Prepare scans of the role train."
        )
    names = config.classes.names
    histograms = np.zeros((len(names), HIGHEST_HU - LOWEST_HU + 1), np.int64)
    volumes: dict[str, list[float]] = {name: [] for name in names}
    for name, record in records.items():
        counts = _histograms(_loaded(cases / f"{name}.npz"), len(names))
        histograms += counts
        for number in np.flatnonzero(counts.sum(1)):
            volumes[names[number]].append(counts[number].sum() * float(np.prod(record.spacing_mm)) / 1000)
    classes = {
        name: ClassFacts(
            sum(name in record.known for record in records.values()),
            len(volumes[name]),
            int(histograms[number].sum()),
            _range(np.array(volumes[name])),
            _percentiles(histograms[number]),
        )
        for number, name in enumerate(names)
        if number and volumes[name]
    }
    foreground = _percentiles(histograms[1:].sum(0))
    mean, sd = _mean_and_sd(histograms[1:].sum(0), foreground[0], foreground[-1])
    spacing = _ranges([record.scan_spacing_mm for record in records.values()])
    size = _ranges([record.shape[::-1] for record in records.values()])
    return Fingerprint(
        len(records),
        len({record.patient for record in records.values()}),
        classes,
        foreground,
        mean,
        sd,
        spacing,
        _ranges([record.scan_size for record in records.values()]),
        size,
        _suggestion(config, spacing, size, foreground, (mean, sd)),
    )


def _loaded(path: Path) -> Case:
    try:
        return Case.load(path)
    except UNREADABLE as error:
        sentence = f"The prepared case {path.stem} is damaged or missing."
        raise DataError("data.corrupt_case", sentence, "Delete it and prepare again.") from error


def _histograms(case: Case, classes: int) -> NDArray[np.int64]:
    """Counts of whole HU, [class, HU from `LOWEST_HU`]."""
    certain = case.labels != UNKNOWN
    width = HIGHEST_HU - LOWEST_HU + 1
    hu = case.hu[certain].astype(np.int64).clip(LOWEST_HU, HIGHEST_HU) - LOWEST_HU
    counts = np.bincount(case.labels[certain].astype(np.int64) * width + hu, minlength=classes * width)
    return counts.reshape(classes, width)


def _percentiles(histogram: NDArray[np.int64]) -> tuple[float, ...]:
    share = np.cumsum(histogram) / max(histogram.sum(), 1)
    return tuple(float(LOWEST_HU + np.searchsorted(share, percent / 100)) for percent in PERCENTILES)


def _mean_and_sd(histogram: NDArray[np.int64], low: float, high: float) -> tuple[float, float]:
    hu = np.arange(LOWEST_HU, HIGHEST_HU + 1).clip(low, high)
    mean = np.average(hu, weights=histogram)
    return round(float(mean), 1), round(float(np.sqrt(np.average((hu - mean) ** 2, weights=histogram))), 1)


def _range(values: NDArray[Any]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, (0, 0.5, 1)).round(3)
    return float(low), float(middle), float(high)


def _ranges(rows: list[tuple[Any, ...]]) -> tuple[tuple[float, ...], ...]:
    """Least, median and greatest of each column."""
    return tuple(tuple(float(v) for v in np.quantile(rows, q, axis=0).round(4)) for q in (0, 0.5, 1))


def _suggestion(
    config: Config,
    spacing: tuple[tuple[float, ...], ...],
    size: tuple[tuple[float, ...], ...],
    foreground: tuple[float, ...],
    mean_and_sd: tuple[float, float],
) -> str:
    multiple = config.network.multiple
    patch = [
        max(multiple, min(most, int(n) // multiple * multiple))
        for n, most in zip(size[1], LARGEST_PATCH, strict=True)
    ]
    if config.dimensions == 2:
        patch[2] = 1
    return (
        f"The scans' own median spacing is {times(spacing[1])} mm: finer voxels than that add no detail. "
        f"A window from {foreground[0]:g} to {foreground[-1]:g} HU holds 99 % of the labelled voxels; "
        f"for z-scores, set its centre to {mean_and_sd[0]:g} and its scale to {mean_and_sd[1]:g}. "
        f"At {times(config.spacing_mm)} mm, patches of {times(patch)} voxels fit the median case."
    )

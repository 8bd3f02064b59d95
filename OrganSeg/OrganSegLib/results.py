"""A result folder read again, with the study that it belongs to: for reports, pages and further exports."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from .aside import remove_unfinished
from .bounds import read_json
from .ct_files import NAME as CT
from .errors import InputError
from .ingest import read_study
from .ingest.memory import require_memory
from .ingest.nifti import NiftiFile
from .label_files import read_labels_json
from .pipeline import Segmentation
from .plain import built
from .quality import Flag, OrganTrust
from .volume import Grid, Labelmap, Note, Scan

TOLD = (
    "model",
    "version",
    "digest",
    "engine_version",
    "runtime",
    "device",
    "precision",
)  # of a run, in words
SAME_MM, SAME_HU = 1e-3, 0.05  # what is lost when positions and Hounsfield units are written


def load_results(folder: Path, study: Path | None = None) -> Segmentation:
    """What an earlier run wrote into ``folder``; surfaces and measurements are made anew from its labels.

    Args:
        folder: of `export.write_results`.
        study: where the scan lies now; by default where it lay then.

    Raises:
        InputError: ``input.no_results`` where the folder holds none, ``input.study_moved`` where the study is
            not found, ``input.other_study`` where it is not the one that was segmented, and as `read_study`.
    """
    labelmap, facts = read_results(folder)
    try:
        run = _checked(facts["run"])
        recorded = built(dict[str, str], run.get("study", {}))
        trust = [built(OrganTrust, organ["trust"]) for organ in facts["organs"]]
        means = [built(float | None, organ["mean_hu"]) for organ in facts["organs"]]
    except (KeyError, TypeError, ValueError) as error:
        raise no_results(folder) from error
    if {organ.label for organ in trust} != labelmap.organs.keys():
        raise no_results(folder)
    paths = [study] if study else _recorded(folder, recorded)
    for path in paths:
        scan = _read(path, recorded.get("series_uid"))
        if scan.voxels.shape == labelmap.voxels.shape and np.allclose(
            scan.grid.affine, labelmap.grid.affine, atol=SAME_MM
        ):
            found = Segmentation.of(scan, replace(labelmap, grid=scan.grid), run=run)
            if _same_means(found, means):
                return replace(found, trust=trust, run=run)  # flags of the run know the network's doubts, too
    raise InputError(
        "input.other_study",
        f"The study '{paths[0]}' is not the one that the results in '{folder}' belong to.",
        "Name the study that was segmented: --study PATH.",
    )


def read_results(folder: Path) -> tuple[Labelmap, dict[str, Any]]:
    """The labels in a result folder, and what ``measurements.json`` says; the study is not needed.

    Raises:
        InputError: ``input.no_results``, ``input.too_large``.
        OutputError: see `remove_unfinished`.
    """
    remove_unfinished(folder, moved_only=True)
    labels = folder / "segmentation.nii.gz"
    try:
        facts = read_json(folder / "measurements.json")
        organs = read_labels_json(folder / "labels.json")
        if not labels.is_file():
            raise FileNotFoundError(labels)
        require_memory(_voxels(labels))
        image = sitk.ReadImage(labels)
        for _ in NiftiFile.of(labels).planes():  # ITK does not mind when the file ends too early
            pass
    except (OSError, EOFError, zlib.error, RuntimeError, ValueError, LookupError, TypeError) as error:
        raise no_results(folder) from error
    return Labelmap(sitk.GetArrayFromImage(image), Grid.of(image), organs), facts


def _voxels(labels: Path) -> int:
    """As many as the file claims to hold; ITK believes it and takes the memory."""
    axes, *sizes = (int(size) for size in NiftiFile.of(labels).header["dim"])
    return math.prod(sizes[:axes])


def no_results(folder: Path) -> InputError:
    """What to raise where a folder's contents are not those that OrganSeg writes."""
    return InputError(
        "input.no_results",
        f"The folder '{folder}' holds no complete results of OrganSeg.",
        "Name a folder that organseg segment wrote, or segment the study again.",
    )


def _checked(run: Any) -> dict[str, Any]:
    """The facts of a run, if they are what `pipeline.Segmentation` says, as far as others tell of them.

    Raises:
        TypeError, KeyError, ValueError: they are not.
    """
    kinds = {"seconds": dict[str, float], "notes": tuple[Note, ...], "checks": tuple[Flag, ...]}
    facts = dict(run)
    for name, kind in {**dict.fromkeys(TOLD, str), **kinds}.items():
        if name in facts:
            built(kind, facts[name])
    return facts


def study_facts(scan: Scan, identity: bool) -> dict[str, str]:
    """What a run must record for `load_results` to find its scan again; nothing without ``identity``."""
    if not (identity and scan.source.path):
        return {}
    return {"path": str(Path(scan.source.path).absolute()), "series_uid": scan.source.series_uid}


def _recorded(folder: Path, study: Mapping[str, str]) -> list[Path]:
    """Where the study lay when it was segmented, which knows the patient, and its copy in the results."""
    names = dict.fromkeys(name for name in (study.get("path", ""), CT) if name)
    if paths := [folder / name for name in names if (folder / name).exists()]:
        return paths
    raise InputError(
        "input.study_moved",
        f"The study that the results in '{folder}' belong to is not where it was, or they do not say where.",
        "Say where it lies now: --study PATH.",
    )


def _read(path: Path, series: str | None) -> Scan:
    """The series that was segmented, or whatever is taken where the study no longer calls it so."""
    try:
        return read_study(path, series or None)
    except InputError as error:
        if error.code != "input.no_such_series":
            raise
        return read_study(path)


def _same_means(found: Segmentation, means: Sequence[float | None]) -> bool:
    """Another scan may lie on the same grid, but not have the same Hounsfield units in every organ."""
    recorded = np.array(means, float)  # None becomes NaN
    measured = np.array([organ.mean_hu for organ in found.measurements], float)
    return recorded.shape == measured.shape and np.allclose(
        recorded, measured, rtol=0, atol=SAME_HU, equal_nan=True
    )

"""A result folder read again, with the study that it belongs to: for reports, pages and further exports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from .errors import InputError
from .ingest import read_study
from .label_files import read_labels_json
from .pipeline import Segmentation
from .quality import OrganTrust
from .volume import Grid, Labelmap


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
    run = facts["run"]
    series = run.get("study", {}).get("series_uid") or None
    path = study or _recorded(folder, run)
    scan = read_study(path, series if study is None else None)
    if scan.voxels.shape != labelmap.voxels.shape or not np.allclose(
        scan.grid.affine, labelmap.grid.affine, atol=1e-3
    ):
        raise InputError(
            "input.other_study",
            f"The study '{path}' is not the one that the results in '{folder}' belong to.",
            "Name the study that was segmented: --study PATH.",
        )
    found = Segmentation.of(scan, replace(labelmap, grid=scan.grid), run=run)
    trust = [OrganTrust.from_dict(organ["trust"]) for organ in facts["organs"]]
    return replace(found, trust=trust, run=run)  # flags of the run know the network's doubts, too


def read_results(folder: Path) -> tuple[Labelmap, dict[str, Any]]:
    """The labels in a result folder, and what ``measurements.json`` says; the study is not needed.

    Raises:
        InputError: ``input.no_results``.
    """
    try:
        facts = json.loads((folder / "measurements.json").read_text(encoding="utf-8"))
        organs = read_labels_json(folder / "labels.json")
        image = sitk.ReadImage(folder / "segmentation.nii.gz")
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise no_results(folder) from error
    return Labelmap(sitk.GetArrayFromImage(image), Grid.of(image), organs), facts


def no_results(folder: Path) -> InputError:
    """What to raise where a folder's contents are not those that OrganSeg writes."""
    return InputError(
        "input.no_results",
        f"The folder '{folder}' holds no complete results of OrganSeg.",
        "Name a folder that organseg segment wrote, or segment the study again.",
    )


def _recorded(folder: Path, run: dict[str, Any]) -> Path:
    """Where the study lay when it was segmented; relative to the results where it lies inside them."""
    recorded: str = run.get("study", {}).get("path", "")
    if recorded and (path := folder / recorded).exists():
        return path
    raise InputError(
        "input.study_moved",
        f"The study that the results in '{folder}' belong to is not where it was.",
        "Say where it lies now: --study PATH.",
    )

"""From raw DICOM and masks to organs found in an unseen person, by the commands that users type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import yaml
from organseg_training.calibration import FILE as CALIBRATION
from OrganSegLib.phantom import make_phantom
from OrganSegLib.phantom.files import write_dicom_series

SPACING_MM = (6.0, 6.0, 8.0)
PEOPLE, UNSEEN = 4, 4
ORGANS = {"liver": 3, "spleen": 9}  # values in the masks, as somebody else may have numbered them
COMMON: dict[str, Any] = {
    "description": "Learnt from generated people.",
    "licence": "CC0-1.0",
    "data": [{"layout": "pairs", "folder": "raw", "labels": ORGANS, "licence": "generated"}],
    "split": {"kind": "fixed", "train": 3, "validation": 1, "test": 0},
    "organs": list(ORGANS),
    "windows": [{"low": -160, "high": 240, "centre": 40, "scale": 100}],
    "augmentation": {
        "contrast": {"probability": 0},
        "synthetic": {"share": 0},
        "lesions": {"probability": 0},
    },
}
KINDS: dict[str, dict[str, Any]] = {
    "3d": {
        "spacing_mm": [8, 8, 8],
        "network": {"name": "UNet", "arguments": {"filters": [8, 16, 32]}, "multiple": 8},
        "fit": {"patches": [[40, 32, 24]], "iterations": 150, "batch_size": 1},
        "evaluation": {"calibrated_on": ["person0"]},
    },
    "2d": {
        "dimensions": 2,
        "spacing_mm": [8, 8, 0],
        "network": {"name": "UNet", "arguments": {"filters": [8, 16, 32]}, "multiple": 8},
        "fit": {"patches": [[48, 40, 1]], "iterations": 200, "batch_size": 8},
    },
}
FIT = {"learning_rate": 0.01, "warmup": 10, "ema_decay": 0.95, "workers": 0, "validate_every": 100}


def start(package: str, *arguments: object, cwd: Path) -> subprocess.Popen[str]:
    """A command, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", f"from {package} import main; main()", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate()
    assert process.returncode == 0, errors


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people with masks to learn from, one to validate on, and one without masks."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "raw" / "labels").mkdir(parents=True)
    for seed in range(PEOPLE + 1):
        scan, labelmap = make_phantom(seed, SPACING_MM, "abdomen", "portal")
        place = folder / "unseen" if seed == UNSEEN else folder / "raw" / "images" / f"person{seed}"
        write_dicom_series(scan, place)
        if seed != UNSEEN:
            values = np.zeros(256, np.uint8)
            for number, organ in labelmap.organs.items():
                values[number] = ORGANS.get(organ.name, 0)
            masks = labelmap.grid.image(values[labelmap.voxels])
            sitk.WriteImage(masks, str(folder / "raw" / "labels" / f"person{seed}.nii.gz"))
    return folder


@pytest.fixture(scope="module")
def runs(raw: Path) -> dict[str, Path]:
    """A finished run of each kind; they are made side by side."""
    folders, started = {kind: raw / "runs" / kind for kind in KINDS}, []
    for kind, run in folders.items():
        facts = {"name": kind, **COMMON, **KINDS[kind]}
        facts["fit"] = {**facts["fit"], **FIT}
        config = raw / f"{kind}.yaml"
        config.write_text(yaml.safe_dump(facts))
        started.append(start("organseg_training.cli", "run", config, "--run", run, cwd=raw))
    try:
        for process in started:
            finish(process)
    finally:
        for process in started:
            process.kill()
    return folders


@pytest.mark.parametrize("kind", KINDS)
def test_organs_are_found_in_an_unseen_person(
    kind: str, raw: Path, runs: dict[str, Path], tmp_path: Path
) -> None:
    run, found_in = runs[kind], tmp_path / "found"
    options = ("-o", found_in, "--model", run / "model", "--no-surfaces")
    finish(start("OrganSegLib.cli", "segment", raw / "unseen", *options, cwd=tmp_path))

    assert "validation" in (run / "evaluation" / "evaluation.md").read_text()
    assert "| liver |" in (run / "model" / "MODEL_CARD.md").read_text()
    assert (run / CALIBRATION).exists() == (kind == "3d")
    _, truth = make_phantom(UNSEEN, SPACING_MM, "abdomen", "portal")
    found = sitk.GetArrayFromImage(sitk.ReadImage(str(found_in / "segmentation.nii.gz")))
    names = {organ.name: number for number, organ in truth.organs.items()}
    for value, organ in enumerate(ORGANS, 1):
        one, other = found == value, truth.voxels == names[organ]
        dice = 2 * (one & other).sum() / (one.sum() + other.sum())
        print(kind, organ, round(float(dice), 3))
        assert dice > 0.6, organ

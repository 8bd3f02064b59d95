"""Rounds of self-training: the last run labels scans, the next one learns from them as well."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from OrganSegLib.ingest import read_study
from OrganSegLib.model import torch_network
from OrganSegLib.preprocess import body_box, body_mask, resample

from ..classes import UNKNOWN
from ..config import Config
from ..config.data import Data
from ..errors import ConfigError
from ..files import replacing
from ..fit import fit
from ..prepare import prepare
from ..run_folder import CASES, PSEUDO_LABELS, round_folder
from .pseudo_labels import pseudo_labels
from .votes import mean_probabilities

FILE = "{}.nrrd"  # keeps the grid's full precision


def final_run(config: Config, run: Path) -> Path:
    """Where the weights of the last round are; ``run`` itself where there are no rounds."""
    rounds = len(config.self_training.rounds)
    return round_folder(run, rounds) if rounds else run


def self_train(config: Config, run: Path, progress: bool = False) -> None:
    """All rounds after the training in ``run``; what is done is not done again.

    Each round has a run folder ``run/rounds/N`` with ``pseudo_labels``, cases and a checkpoint of its own.

    Raises:
        As `train_round`.
    """
    teacher = run
    for number in range(1, len(config.self_training.rounds) + 1):
        teacher = train_round(config, run, number, teacher, progress)


def train_round(config: Config, run: Path, number: int, teacher: Path, progress: bool = False) -> Path:
    """One round, and its folder; what is done is not done again.

    Args:
        config: of the run.
        run: whose prepared cases it learns from, besides the teacher's labels.
        number: of the round, counted from 1.
        teacher: run or model folder, whose weights label the scans and are learnt on.

    Raises:
        ConfigError: ``config.bad_value`` where the network is 2D; ``config.no_round``.
        As `prepare` and `fit`.
    """
    if config.dimensions != 3:
        raise ConfigError(
            "config.bad_value",
            "self_training turns scans in space, which a 2D network does not see.",
            "Use a 3D network, or leave the section out.",
        )
    rounds = len(config.self_training.rounds)
    if not 1 <= number <= rounds:
        raise ConfigError(
            "config.no_round",
            f"There is no round {number}: self_training.rounds names {rounds}.",
            "Choose one of them, counted from 1, or add one to the configuration.",
        )
    student = round_folder(run, number)
    labels = student / PSEUDO_LABELS
    label_scans(config, teacher, labels)
    if not (student / CASES).exists():  # most of them are as they were
        shutil.copytree(run / CASES, student / CASES)
    learnt = with_pseudo_labels(_scheduled(config, number), labels)
    prepare(learnt, student / CASES)
    fit(learnt, student / CASES, student, initial=teacher, progress=progress)
    return student


def label_scans(config: Config, teacher: Path, folder: Path) -> None:
    """Write ``<name>.nrrd`` for each unlabelled scan: class numbers on the network's grid of it.

    Args:
        teacher: run or model folder whose weights judge.
    """
    from ..predict import open_model

    folder.mkdir(parents=True, exist_ok=True)
    settings = config.self_training
    missing = [scan for scan in settings.scans if not (folder / FILE.format(scan.name)).exists()]
    if not missing:
        return
    model = open_model(teacher)
    network = torch_network(model)
    for scan in missing:
        hu, grid = resample(read_study(settings.folder / scan.image), config.spacing_mm)
        box = body_box(hu)
        labels = np.zeros(hu.shape, np.uint8)
        labels[box] = pseudo_labels(
            mean_probabilities(network, hu[box], model.plan),
            body_mask(hu[box]),
            config.classes,
            grid.voxel_ml,
            settings,
        )
        with replacing(folder / FILE.format(scan.name)) as path:
            sitk.WriteImage(grid.image(labels), str(path), useCompression=True)


def with_pseudo_labels(config: Config, folder: Path) -> Config:
    """The same configuration with the teacher's labels, which lie in ``folder``, among the data."""
    settings = config.self_training
    judged = config.classes.channels[1:]
    scans = [
        {
            "name": f"{scan.name}_pseudo",
            "patient": scan.name,
            "image": str(scan.image),
            "labels": str((folder / FILE.format(scan.name)).resolve()),
            "licence": scan.licence,
        }
        for scan in settings.scans
    ]
    total = sum(data.weight for data in config.data if data.role == "train")
    pseudo = Data(
        layout="listed",
        folder=settings.folder,
        labels={**{name: config.classes.index[name] for name in judged}, "unknown": UNKNOWN},
        options={"scans": scans},
        weight=total * settings.share / (1 - settings.share),
    )
    return config.model_copy(update={"data": (*config.data, pseudo)})


def _scheduled(config: Config, number: int) -> Config:
    """The configuration of a round, counted from 1, without its pseudo-labels."""
    schedule = config.self_training.rounds[number - 1]
    return config.changed(
        seed=config.seed + number,
        fit__iterations=schedule.iterations,
        fit__learning_rate=schedule.learning_rate,
        fit__batch_size=schedule.batch_size or config.fit.batch_size,
    )

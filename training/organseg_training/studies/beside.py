"""What several models found in the same slices, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from OrganSegLib.model import load_model
from OrganSegLib.picture import draw_slice
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.slices import best_positions, cut
from OrganSegLib.volume import Labelmap

from ..classes import UNKNOWN
from ..config import Config
from ..evaluate import on_grid
from ..readers import open_readers
from ..report.pictures import organs_of
from .figures import new_figure, save
from .job import Done


def draw_beside(path: Path, config: Config, name: str, done: Sequence[Done]) -> None:
    """Draw an axial, a coronal and a sagittal slice: the truth, then what each finished training found.

    Args:
        path: PNG file.
        config: whose data and classes are meant.
        name: of a scan with labels.
        done: trainings with a model.
    """
    reader, entry = next((r, e) for r in open_readers(config) for e in r.entries() if e.name == name)
    scan = reader.scan(entry)
    truth = reader.labels(entry, scan)
    assert truth is not None  # noqa: S101 (scans without labels are not prepared)
    organs = organs_of(config.classes)
    maps = {"truth": Labelmap(np.where(truth.values == UNKNOWN, 0, truth.values), truth.grid, organs)}
    for one in done:
        found = segment(scan, load_model(str(one.folder / "model")), Options(surfaces=False)).labelmap
        maps[one.job.name] = Labelmap(on_grid(found, truth.grid, config.classes), truth.grid, organs)
    positions = best_positions(maps["truth"])
    voxel_mm = float(np.prod(truth.grid.spacing_mm)) ** (1 / 3)
    figure = new_figure(3 * len(maps), 9)
    axes = figure.subplots(3, len(maps))
    for column, (title, labelmap) in enumerate(maps.items()):
        axes[0, column].set_title(title, fontsize=9)
        for row, view in enumerate(cut(scan, labelmap, positions)):
            draw_slice(axes[row, column], view, organs, voxel_mm)
    save(figure, path)

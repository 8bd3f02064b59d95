"""The first batch of a training as a picture: what the network is going to see, beside the plain scans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.organs import Organ

from .animation import overlay
from .classes import UNKNOWN
from .config import Config
from .figures import new_figure, save_figure
from .fit.batches import Batch, Batches
from .fit.train import training_weights
from .report.pictures import organs_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SAMPLES = 6
INCHES = 3.0


def draw_preview(config: Config, cases: Path, picture: Path) -> None:
    """Draw each sample of the first batch, plain and augmented, with its labels over it.

    In 3D the middle axial and the middle coronal slice are shown. Plain samples are cut at the same place.

    Args:
        config: of the run.
        cases: folder of prepared cases.
        picture: PNG file, written whole or not at all.

    Raises:
        DataError: as `training_weights`; `ConfigError` as `Augmenter`.
    """
    plain, augmented = (_first_batch(config, cases, enabled) for enabled in (False, True))
    rows = min(MOST_SAMPLES, len(plain.x))
    views = [("axial", 0), ("coronal", 1)] if config.dimensions == 3 else [("axial", 0)]
    figure = new_figure(2 * len(views) * INCHES, rows * INCHES + 0.8)
    axes = figure.subplots(rows, 2 * len(views), squeeze=False)
    organs = organs_of(config.classes)
    x_mm, y_mm, z_mm = config.spacing_mm
    aspects = (y_mm / x_mm, z_mm / x_mm)
    for row in range(rows):
        columns = iter(axes[row])
        for view, axis in views:
            for kind, batch in (("plain", plain), ("augmented", augmented)):
                hu, labels = _slice(batch, row, axis, config)
                _draw(next(columns), f"{kind}, {view}", hu, labels, organs, aspects[axis])
    present = np.union1d(plain.labels[:rows], augmented.labels[:rows])
    _legend(figure, [organ for number, organ in organs.items() if number in present], 3 * len(views))
    save_figure(figure, picture, dpi=100)


def _first_batch(config: Config, cases: Path, augmented: bool) -> Batch:
    changed = config.changed(augmentation__enabled=augmented)
    return Batches(changed, cases, training_weights(cases, None), first=0, rank=0, world=1)[0]


def _slice(batch: Batch, row: int, axis: int, config: Config) -> tuple[NDArray[Any], NDArray[Any]]:
    """HU, as far as the widest input channel tells, and labels of a sample's middle slice."""
    channel = int(np.argmax([window.high - window.low for window in config.windows]))
    window = config.windows[channel]
    hu = batch.x[row, channel].numpy() * window.scale + window.centre
    labels = batch.labels[row].numpy()
    if labels.ndim == 3:
        hu, labels = (np.take(volume, volume.shape[axis] // 2, axis) for volume in (hu, labels))
    return (hu, labels) if axis == 0 else (hu[::-1], labels[::-1])  # head up


def _draw(
    axes: Axes,
    title: str,
    hu: NDArray[Any],
    labels: NDArray[Any],
    organs: dict[int, Organ],
    aspect: float,
) -> None:
    axes.imshow(overlay(hu, np.where(labels == UNKNOWN, 0, labels), organs), aspect=aspect)
    axes.set_title(title, fontsize=9)
    axes.set_axis_off()


def _legend(figure: Figure, organs: list[Organ], columns: int) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=tuple(np.divide(organ.colour, 255)), label=organ.title) for organ in organs]
    figure.legend(handles=patches, loc="outside lower center", ncols=columns, fontsize=8, frameon=False)

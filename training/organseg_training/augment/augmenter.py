"""One random view of a case: position, shape, contrast or paint, lesions, scanner."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..case import Case
from ..classes import UNKNOWN
from ..config import Config
from ..errors import ConfigError
from .anatomy import Anatomy
from .contrast import draw_targets, recolour
from .draw import Draw
from .geometry import draw_positions
from .lesions import add_lesions
from .patch import crop, draw_centre, read
from .scanner import scan
from .synthetic import fill_with_air, paint


class Augmenter:
    """Makes training samples as the configuration wants them.

    Everything random comes from the generator that is passed in, and everything is computed on the device on
    which the anatomy lies.

    Args:
        config: of the run.

    Raises:
        ConfigError: ``config.flip_sided`` when left and right shall be exchanged though a class has a side.
    """

    def __init__(self, config: Config) -> None:
        self.classes, self.config = config.classes, config.augmentation
        sided = [name for name in self.classes.names if "left" in name or "right" in name]
        if "x" in self.config.geometry.flip and sided:
            raise ConfigError(
                "config.flip_sided",
                f"Samples shall be mirrored left to right, but {sided[0]} lies on one side.",
                "Remove x from augmentation.geometry.flip.",
            )

    def anatomy(self, case: Case) -> Anatomy:
        """What `sample` must know of a case, computed once."""
        return Anatomy.of(case, self.classes)

    def sample(
        self, anatomy: Anatomy, patch_zyx: tuple[int, int, int], rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """A random view of a case; a patch of one slice is 2D.

        The position is drawn first: with the augmentation off, the same generator shows the same place.

        Returns:
            HU float32 and class numbers int64 (channels of the network, or `UNKNOWN`), both of the patch's
            shape.
        """
        draw = Draw(rng, anatomy.hu.device)
        centre = draw_centre(anatomy, patch_zyx, self.config.position, draw)
        if self.config.enabled:
            hu, labels = self._augmented(anatomy, patch_zyx, centre, draw)
        else:
            hu, labels = crop(anatomy, patch_zyx, centre)
        tissues = (labels >= len(self.classes.channels)) & (labels != UNKNOWN)
        return hu, torch.where(tissues, 0, labels)

    def _augmented(
        self, anatomy: Anatomy, patch: tuple[int, int, int], centre: np.ndarray, draw: Draw
    ) -> tuple[Tensor, Tensor]:
        config = self.config
        positions = draw_positions(anatomy, patch, centre, config.geometry, draw)
        hu, labels = read(anatomy, positions)
        if anatomy.painted or (anatomy.complete and draw.chance(config.synthetic.share)):
            if anatomy.painted:
                hu = fill_with_air(anatomy, hu, labels, positions, draw)
            targets = draw_targets(anatomy, config.contrast, draw)
            hu = paint(hu, labels, targets, config.synthetic, draw)
        elif draw.chance(config.contrast.probability):
            targets = draw_targets(anatomy, config.contrast, draw)
            hu = recolour(anatomy, hu, labels, targets, config.contrast, draw)
        if draw.chance(config.lesions.probability):
            hu = add_lesions(anatomy, hu, labels, positions, config.lesions, draw)
        return scan(hu, labels, anatomy.spacing_mm, config.scanner, draw)

"""The section about augmentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Section

Probability = Annotated[float, Field(ge=0, le=1)]
Range = tuple[float, float]


class Position(Section):
    """Where a patch is cut; this is the translation too.

    Attributes:
        foreground: share of patches near a labelled voxel, every class alike, so that small organs are seen
            often; the others lie anywhere.
        jitter: how far the labelled voxel may lie from the patch's centre, as a share of the patch.
        overhang: how far a patch may reach over the border of the scan, as a share of the patch.
    """

    foreground: Probability = 0.65
    jitter: float = Field(default=0.3, ge=0)
    overhang: float = Field(default=0.12, ge=0)


class Elastic(Section):
    """A smooth random displacement: normally distributed at nodes, linear in between.

    Attributes:
        probability: of each sample to be displaced.
        nodes_mm: distance of the nodes.
        sd_mm: range of the displacement's standard deviation along each axis.
    """

    probability: Probability
    nodes_mm: float = Field(gt=0)
    sd_mm: Range


class Geometry(Section):
    """Pose and size. All of it is composed into one interpolation; in 2D nothing leaves the slice.

    Attributes:
        rotation_degrees: largest angle about the patient's x, y and z axis.
        extent: range of the length that a patch shows, relative to its own; 1.25 makes organs smaller.
        stretch: range of a further such factor for each axis alone.
        shear: largest share of one axis that is added to another.
        elastic: displacements, added up.
        organs: at most so many organs grow, shrink or move against their neighbours.
        organ_growth: largest share of its size that such an organ gains or loses.
        organ_shift: standard deviation of its movement, as a share of its radius.
        flip: axes along which one of two samples is mirrored. ``x`` (left-right) only where no class has a
            side.
    """

    rotation_degrees: tuple[float, float, float] = (12.0, 12.0, 20.0)
    extent: Range = (0.75, 1.33)
    stretch: Range = (0.87, 1.15)
    shear: float = 0.12
    elastic: tuple[Elastic, ...] = (
        Elastic(probability=0.8, nodes_mm=72.0, sd_mm=(3.0, 13.5)),
        Elastic(probability=0.5, nodes_mm=27.0, sd_mm=(0.9, 3.9)),
    )
    organs: int = Field(default=3, ge=0)
    organ_growth: float = 0.35
    organ_shift: float = 0.2
    flip: tuple[Literal["x", "y", "z"], ...] = ()


class Contrast(Section):
    """Contrast phases: every labelled tissue moves to the HU of a random mixture of phases.

    Attributes:
        probability: of a sample to be recoloured.
        texture: largest change of a tissue's contrast around its median, as a share.
        fatty_liver, opaque_urine: probability of each, among the recoloured samples.
    """

    probability: Probability = 0.81
    texture: float = 0.4
    fatty_liver: Probability = 0.25
    opaque_urine: Probability = 0.3


class Lesions(Section):
    """Ellipsoidal masses in solid organs and lungs; the organ's label stays.

    Attributes:
        probability: of a sample to be considered.
        most: masses in such a sample; from none to so many.
        radius_mm: range of the mean radius.
    """

    probability: Probability = 0.4
    most: int = Field(default=3, ge=0)
    radius_mm: Range = (6.0, 27.0)


class Scanner(Section):
    """What scanner, reconstruction and positioning add; each with its own probability.

    Attributes:
        shading, shading_hu: a slow drift of HU (beam hardening, scatter) and the range of its strength.
        blur: a soft kernel.
        thick_slices, thickness: slices averaged, and the range of the factor. Not in 2D.
        gain, offset_hu: largest error of the calibration; always drawn.
        noise, noise_hu: noise, white or with neighbours alike, and the range of its standard deviation.
        short_range: the scan begins or ends within the patch. Not in 2D.
        metal: an implant with streaks across its slices.
    """

    shading: Probability = 0.25
    shading_hu: Range = (5.0, 25.0)
    blur: Probability = 0.25
    thick_slices: Probability = 0.3
    thickness: Range = (1.3, 2.6)
    gain: float = 0.05
    offset_hu: float = 12.0
    noise: Probability = 0.7
    noise_hu: Range = (3.0, 40.0)
    short_range: Probability = 0.3
    metal: Probability = 0.0


class Synthetic(Section):
    """Images painted from labels alone.

    Attributes:
        share: of the samples of completely labelled scans. Label maps without a scan (layout ``shapes``) are
            always painted; their share of all samples is their collection's weight.
        texture_hu: range of a tissue's standard deviation, within a third.
        partial_volume: probability of borders that mix both sides' HU.
    """

    share: Probability = 0.21
    texture_hu: Range = (4.0, 22.0)
    partial_volume: Probability = 0.6


class Augmentation(Section):
    """How far and how often samples are changed; see `organseg_training.augment`.

    Attributes:
        enabled: without it, samples are plain crops at the sampled position.
        position, geometry, contrast, lesions, scanner, synthetic: see there.
    """

    enabled: bool = True
    position: Position = Position()
    geometry: Geometry = Geometry()
    contrast: Contrast = Contrast()
    lesions: Lesions = Lesions()
    scanner: Scanner = Scanner()
    synthetic: Synthetic = Synthetic()

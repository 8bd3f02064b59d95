"""What the page shows of each organ, from a segmentation at hand or from a result folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..measure import OrganMeasurements
from ..organs import Organ
from ..plain import built
from ..quality import Flag, OrganTrust
from ..results import no_results, read_results
from ..surfaces import extract_surfaces
from ..tables import volume_text

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from ..pipeline import Segmentation


@dataclass(frozen=True)
class ShownOrgan:
    """One row of the page.

    Attributes:
        organ: its name and colour.
        volume: in words, ``1,556 ml`` or ``not found``.
        trust: reasons for doubt.
        surface: closed, LPS millimetres; None for an organ that was not found.
    """

    organ: Organ
    volume: str
    trust: OrganTrust
    surface: vtkPolyData | None


@dataclass(frozen=True)
class Content:
    """Everything that the page says.

    Attributes:
        organs: those that were found, then those that were not.
        checks: flags of the whole scan.
    """

    organs: tuple[ShownOrgan, ...]
    checks: tuple[Flag, ...]

    @classmethod
    def of(cls, found: Segmentation) -> Content:
        """The content for a segmentation; its surfaces are built where it came without."""
        surfaces = found.surfaces or extract_surfaces(found.labelmap)
        checks = [Flag(**check) for check in found.run["checks"]]
        return cls._made(found.labelmap.organs, surfaces, found.measurements, found.trust, checks)

    @classmethod
    def read(cls, folder: Path) -> Content:
        """The content for a result folder. The study that was segmented is not needed.

        Raises:
            InputError: ``input.no_results``.
        """
        labelmap, facts = read_results(folder)
        surfaces = extract_surfaces(labelmap)
        try:
            measurements = built(tuple[OrganMeasurements, ...], facts["organs"])
            trust = [built(OrganTrust, organ["trust"]) for organ in facts["organs"]]
            checks = built(tuple[Flag, ...], facts["run"]["checks"])
            return cls._made(labelmap.organs, surfaces, measurements, trust, checks)
        except (KeyError, TypeError, ValueError) as error:
            raise no_results(folder) from error

    @classmethod
    def _made(
        cls,
        organs: Mapping[int, Organ],
        surfaces: Mapping[int, vtkPolyData],
        measurements: Sequence[OrganMeasurements],
        trust: Sequence[OrganTrust],
        checks: Sequence[Flag],
    ) -> Content:
        shown = [
            ShownOrgan(organs[measured.label], volume_text(measured), doubts, surfaces.get(measured.label))
            for measured, doubts in zip(measurements, trust, strict=True)
        ]
        return cls(tuple(sorted(shown, key=lambda organ: organ.surface is None)), tuple(checks))

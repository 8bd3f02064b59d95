"""What is measured on request: shapes, cross-sections, left-right ratios and the liver's fat, as files."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cross_sections import CrossSections, Section, cross_sections, figure
from .cross_sections import write_csv as write_sections
from .formats import Choices
from .liver_fat import FatFraction, fat_fraction
from .quality import contrast_phase
from .shape import OrganShape, SideRatio, measure_shapes, side_ratios
from .tables import NOTICE, rounded

if TYPE_CHECKING:
    from .pipeline import Segmentation

SHAPES_CSV, SHAPES_JSON = "shape.csv", "shape.json"
SECTIONS_CSV, SECTIONS_PNG = "cross_sections.csv", "cross_sections.png"
EXTENTS = ("longest_extent_mm", "middle_extent_mm", "shortest_extent_mm")
AXES = ("major_axis_mm", "minor_axis_mm", "least_axis_mm")
COLUMNS = (
    *("name", "label", "surface_area_mm2", "surface_volume_ml", "sphericity", "max_diameter_mm"),
    *(*EXTENTS, *AXES, "elongation", "flatness"),
    *("section_slices", "section_mean_mm2", "section_sd_mm2", "section_max_mm2"),
    *("left_right_ratio", "fat_percent"),
)
DEFINITIONS = {
    "surface_area_mm2": "area of OrganSeg's closed surface; surface_volume_ml is what it encloses",
    "sphericity": "PyRadiomics Sphericity, of that surface",
    "max_diameter_mm": "PyRadiomics Maximum3DDiameter",
    "extents_mm": "ITK LabelShapeStatistics OrientedBoundingBoxSize, longest first; extent_axes are LPS",
    "axis_lengths_mm": "PyRadiomics MajorAxisLength, MinorAxisLength, LeastAxisLength",
    "elongation": "PyRadiomics Elongation; flatness is PyRadiomics Flatness",
    "cross_sections": "over the slices of the scan that show the organ; SD with N - 1",
    "side_ratios": "volume of the left by that of the right organ",
    "liver_fat": "38.2 % - 0.58 % per median HU, at 120 kVp without contrast (Pickhardt 2018, AJR 211:W151)",
}


@dataclass(frozen=True)
class FurtherMeasurements:
    """All of them, of one segmentation; the attributes are described where they are measured."""

    shapes: list[OrganShape]
    sections: CrossSections
    ratios: list[SideRatio]
    fat: FatFraction | None

    @classmethod
    def of(cls, found: Segmentation) -> FurtherMeasurements:
        """Measure; the contrast phase is the one that the Hounsfield units suggest."""
        contrast = contrast_phase(found.measurements)
        return cls(
            measure_shapes(found.labelmap, found.surfaces),
            cross_sections(found.labelmap),
            side_ratios(found.measurements),
            fat_fraction(found.scan, found.measurements, contrast),
        )

    def section(self, label: int) -> Section | None:
        """Of one organ; None where it is absent."""
        return self.sections.section(label) if label in self.sections.areas_mm2 else None


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:  # noqa: ARG001 (holds no identity)
    """Write a row per organ, the same with axes and definitions as JSON, and areas slice by slice."""
    measured = FurtherMeasurements.of(found)
    _write_csv(folder / SHAPES_CSV, measured)
    _write_json(folder / SHAPES_JSON, measured)
    write_sections(folder / SECTIONS_CSV, measured.sections, found.labelmap.organs)
    figure(measured.sections, found.labelmap.organs).savefig(folder / SECTIONS_PNG)
    return [SHAPES_CSV, SHAPES_JSON, SECTIONS_CSV, SECTIONS_PNG]


def _write_csv(path: Path, measured: FurtherMeasurements) -> None:
    ratios = {f"{pair.name}_{side}": pair.ratio for pair in measured.ratios for side in ("left", "right")}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for shape in measured.shapes:
            row = rounded(shape)
            row |= dict(zip(EXTENTS, row["extents_mm"] or (), strict=False))
            row |= dict(zip(AXES, row["axis_lengths_mm"] or (), strict=False))
            if section := measured.section(shape.label):
                row |= {f"section_{name}": value for name, value in rounded(section).items()}
            if (ratio := ratios.get(shape.name)) is not None:
                row["left_right_ratio"] = round(ratio, 3)
            if shape.name == "liver" and measured.fat and measured.fat.percent is not None:
                row["fat_percent"] = round(measured.fat.percent, 1)
            writer.writerow(row)


def _write_json(path: Path, measured: FurtherMeasurements) -> None:
    content = {
        "notice": NOTICE,
        "coordinates": "LPS millimetres",
        "definitions": DEFINITIONS,
        "organs": [
            {**rounded(shape), "cross_sections": _plain(measured.section(shape.label))}
            for shape in measured.shapes
        ],
        "side_ratios": [rounded(ratio) for ratio in measured.ratios],
        "liver_fat": _plain(measured.fat),
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(found: Section | FatFraction | None) -> dict[str, Any] | None:
    return rounded(found) if found else None

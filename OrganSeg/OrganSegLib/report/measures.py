"""Measurements beyond volume and Hounsfield units, as tables: shapes, sides, fat, distances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..further_measurements import FurtherMeasurements
from ..liver_fat import FatFraction
from ..pipeline import Segmentation
from ..proximity import Margin, OrganProximity, Proximity
from ..shape import OrganShape, SideRatio
from . import pictures
from .content import Block, Heading, Prose, Table

ALIKE_ML = 0.002  # the table's volumes are rounded
OTHER_LABELS = (
    "The distances in the result folder were measured on other labels and are left out. Measure them again "
    "with organseg proximity."
)
ABOUT_SHAPES = (
    "Diameter: largest distance between two points of the organ. Oriented box: sides of the box along the "
    "organ's own axes. Sphericity: 1 for a ball, less for every other shape. Of an organ that the scan cuts "
    "off, all are those of its visible part."
)
ABOUT_DISTANCES = (
    "Distance: least between both surfaces, which voxels of this size tell to {within:.1f} mm. Mean: over "
    "the surface of the target. Contact: area of the target's surface next to the organ. Vessel around: "
    "largest part of a vessel's circumference in contact with the target; abutment is up to 180°, encasement "
    "more."
)
ABOUT_MARGINS = (
    "Within: of the organ, inside the target or nearer to it than the margin. Remains: the rest of it."
)


def further_blocks(found: Segmentation) -> Iterator[Block]:
    """How the organs are shaped, how left and right compare, fat, and areas on the slices."""
    measured = FurtherMeasurements.of(found)
    yield _shapes(measured.shapes, _titles(found))
    yield Prose(ABOUT_SHAPES)
    if measured.ratios:
        yield _sides(measured.ratios)
    if measured.fat:
        yield Prose(_fat(measured.fat))
    yield Heading("Areas on the slices, along the body")
    yield pictures.sections(measured.sections, found.labelmap.organs)


def distance_blocks(proximity: Proximity, found: Segmentation, named: bool) -> Iterator[Block]:
    """How near the target is to the organs, nearest first, and what safety margins take of them.

    Args:
        proximity: as it was measured.
        found: what the report is about; distances on other labels are left out.
        named: whether a name that a person gave the target may be told.
    """
    if not _belongs(proximity, found):
        yield Prose(OTHER_LABELS)
        return
    titles = _titles(found)
    near = [organ for organ in proximity.nearest_first if organ.status != "absent"]
    name = proximity.target if named else proximity.without_name(titles).target
    yield Prose(f"Target: {titles.get(name, name)}, {proximity.target_ml:,.1f} ml.")
    rows = [
        (
            titles[organ.name],
            _number(organ.distance_mm, 1),
            _number(organ.mean_distance_mm, 1),
            _number(organ.contact_mm2, 0),
            f"{organ.encasement_deg:.0f}° {organ.grade}" if organ.encasement_deg else organ.grade,
            organ.status,
        )
        for organ in near
    ]
    header = ("Organ", "Distance mm", "Mean mm", "Contact mm²", "Vessel around", "Target is")
    yield Table(header, tuple(rows), frozenset({1, 2, 3, 4}))
    yield Prose(ABOUT_DISTANCES.format(within=proximity.within_mm))
    if reached := [organ for organ in near if any(margin.inside_ml for margin in organ.margins)]:
        yield _margins(reached, proximity.margins_mm, titles)
        yield Prose(ABOUT_MARGINS)
    for organ in near:
        leaving = [f"{margin.mm:g}" for margin in organ.margins if margin.leaves]
        if organ.status == "overlapping" and leaving:
            yield Prose(
                f"Margins that reach out of the {titles[organ.name].lower()}: {', '.join(leaving)} mm."
            )


def _shapes(shapes: Sequence[OrganShape], titles: Mapping[str, str]) -> Table:
    rows = [
        (
            titles[shape.name],
            _number(shape.surface_area_mm2 / 100, 0),
            _number(shape.max_diameter_mm, 0),
            " × ".join(f"{mm:.0f}" for mm in shape.extents_mm or ()),
            _number(shape.sphericity, 2),
        )
        for shape in shapes
        if shape.surface_area_mm2 is not None
    ]
    header = ("Organ", "Surface cm²", "Diameter mm", "Oriented box mm", "Sphericity")
    return Table(header, tuple(rows), frozenset({1, 2, 3, 4}))


def _fat(fat: FatFraction) -> str:
    if fat.percent is None:
        return f"Fat in the liver: not told. {fat.remark}"
    return f"Fat in the liver: {fat.percent:.0f} %, by Hounsfield units (AJR 2018; 211:W151). {fat.remark}"


def _sides(ratios: Sequence[SideRatio]) -> Table:
    rows = [
        (
            pair.name.replace("_", " ").capitalize(),
            _number(pair.left_ml, 0),
            _number(pair.right_ml, 0),
            _number(pair.ratio, 2),
            pair.remark,
        )
        for pair in ratios
    ]
    header = ("Both sides", "Left ml", "Right ml", "Left / right", "Remark")
    return Table(header, tuple(rows), frozenset({1, 2, 3}))


def _margins(
    organs: Sequence[OrganProximity], margins_mm: Sequence[float], titles: Mapping[str, str]
) -> Table:
    header = ["Safety margin"]
    for mm in margins_mm:
        header += [f"Within {mm:g} mm", "Remains"]
    rows = [
        (titles[organ.name], *(cell for margin in organ.margins for cell in _share(margin)))
        for organ in organs
    ]
    return Table(tuple(header), tuple(rows), frozenset(range(1, len(header))))


def _share(margin: Margin) -> tuple[str, str]:
    return (
        f"{margin.inside_ml:,.1f} ml ({margin.inside_percent:.0f} %)",
        f"{margin.remaining_ml:,.1f} ml ({margin.remaining_percent:.0f} %)",
    )


def _belongs(proximity: Proximity, found: Segmentation) -> bool:
    """Whether the distances were measured on these labels: every organ still has the volume that it had."""
    now = {organ.name: organ.volume_ml for organ in found.measurements}
    return all(abs((organ.volume_ml or 0) - now.get(organ.name, -1)) < ALIKE_ML for organ in proximity.organs)


def _titles(found: Segmentation) -> dict[str, str]:
    return {organ.name: organ.title for organ in found.labelmap.organs.values()}


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"

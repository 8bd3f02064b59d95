"""Distances as a table node: columns for people and other modules, the whole of it as JSON for OrganSeg."""

import json
from dataclasses import asdict

import slicer
import vtk
from slicer.i18n import tr as _

from ..segmentations import title_of

TABLE = "OrganSeg.Distances"  # role of the segmentation's reference to the table
FACTS, OUTDATED = "OrganSeg.Proximity", "OrganSeg.Outdated"  # attributes of the table
NOT_A_NUMBER = float("nan")


def table_of(segmentation_node):
    """The segmentation's table of distances, or None."""
    return segmentation_node.GetNodeReference(TABLE)


def facts_of(segmentation_node) -> dict | None:
    """The distances as `OrganSegLib.proximity.Proximity` in plain values; None where there are none."""
    table = table_of(segmentation_node)
    facts = table.GetAttribute(FACTS) if table else None
    return json.loads(facts) if facts else None


def is_outdated(segmentation_node) -> bool:
    """Whether target or organs changed since the distances were measured."""
    table = table_of(segmentation_node)
    return table is not None and table.GetAttribute(OUTDATED) is not None


def mark_outdated(segmentation_node) -> None:
    """Remember that target or organs changed."""
    if table := table_of(segmentation_node):
        table.SetAttribute(OUTDATED, "1")


def put_table(proximity, segmentation_node):
    """The table node with these distances; made where there is none, and returned."""
    table = table_of(segmentation_node)
    if table is None:
        table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode")
        segmentation_node.SetNodeReferenceID(TABLE, table.GetID())
    with slicer.util.NodeModify(table):
        table.SetName(_("Distances to {target}").format(target=proximity.target))
        table.SetAttribute(FACTS, json.dumps(asdict(proximity)))
        table.SetAttribute(OUTDATED, None)
        table.RemoveAllColumns()
        organs = proximity.nearest_first
        titles = {organ.name: title_of(segmentation_node, organ.name) for organ in organs}
        for name, kind, value in _columns(proximity.margins_mm, titles):
            column = kind()
            column.SetName(name)
            for organ in organs:
                column.InsertNextValue(value(organ))
            table.AddColumn(column)
    return table


def _columns(margins_mm, titles):
    """Name, VTK type and what stands in it. The names hold units."""
    text, number = vtk.vtkStringArray, vtk.vtkDoubleArray
    yield "Organ", text, lambda organ: titles[organ.name]
    yield "Status", text, lambda organ: organ.status
    yield "Distance [mm]", number, lambda organ: _number(organ.distance_mm)
    yield "Mean distance [mm]", number, lambda organ: _number(organ.mean_distance_mm)
    yield "Contact [mm2]", number, lambda organ: _number(organ.contact_mm2)
    yield "Encasement [deg]", number, lambda organ: _number(organ.encasement_deg)
    for place, mm in enumerate(margins_mm):
        yield f"Inside {mm:g} mm [ml]", number, _of_margin(place, "inside_ml")
        yield f"Outside {mm:g} mm [ml]", number, _of_margin(place, "remaining_ml")
        yield f"Outside {mm:g} mm [%]", number, _of_margin(place, "remaining_percent")


def _of_margin(place: int, what: str):
    return lambda organ: getattr(organ.margins[place], what) if organ.margins else NOT_A_NUMBER


def _number(value: float | None) -> float:
    return NOT_A_NUMBER if value is None else value

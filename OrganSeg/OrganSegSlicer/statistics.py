"""Measurements as a table node, with the engine's numbers: those of Segment Statistics' Labelmap plugin."""

from collections.abc import Iterable
from dataclasses import dataclass

import slicer
import vtk
from OrganSegLib.measure import OrganMeasurements, measure
from OrganSegLib.organs import Code, Organ, catalogue
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.quality import Flag, OrganTrust
from OrganSegLib.quality.remembered import recall
from OrganSegLib.volume import Labelmap, Scan
from slicer.i18n import tr as _

from .labels import labelmap_of, layers
from .segmentations import find_organ, organ_segments, put_run_facts, run_facts, segments

TABLE = "OrganSeg.Statistics"  # role of the segmentation's reference to its table
NOT_A_NUMBER = float("nan")


@dataclass(frozen=True)
class Row:
    """One organ, or one segment of the user (``organ`` is None then); absent organs have no segment."""

    segment_id: str
    name: str
    organ: Organ | None
    measured: OrganMeasurements
    trust: OrganTrust

    @property
    def level(self) -> str:
        """``unflagged``, ``note`` or ``warning``; empty for a segment of the user, which nobody judged."""
        return self.trust.level if self.organ or self.trust.flags else ""

    @property
    def remarks(self) -> str:
        """The sentences of the flags, one in each line."""
        return "\n".join(flag.sentence for flag in self.trust.flags)


# Column name, its VTK type and what stands in it. The names hold units, as those of Segment Statistics do.
COLUMNS = (
    ("Segment", vtk.vtkStringArray, lambda row: row.name),
    ("Segment ID", vtk.vtkStringArray, lambda row: row.segment_id),
    ("Volume [ml]", vtk.vtkDoubleArray, lambda row: row.measured.volume_ml),
    ("Mean [HU]", vtk.vtkDoubleArray, lambda row: _number(row.measured.mean_hu)),
    ("Standard deviation [HU]", vtk.vtkDoubleArray, lambda row: _number(row.measured.sd_hu)),
    ("Median [HU]", vtk.vtkDoubleArray, lambda row: _number(row.measured.median_hu)),
    ("Minimum [HU]", vtk.vtkDoubleArray, lambda row: _number(row.measured.min_hu)),
    ("Maximum [HU]", vtk.vtkDoubleArray, lambda row: _number(row.measured.max_hu)),
    ("Voxels", vtk.vtkIntArray, lambda row: row.measured.voxels),
    ("Trust", vtk.vtkStringArray, lambda row: row.level),
    ("Flags", vtk.vtkStringArray, lambda row: " ".join(row.trust.codes)),
    ("Remarks", vtk.vtkStringArray, lambda row: row.remarks),
)


def rows_of_result(result: Segmentation, segmentation_node) -> list[Row]:
    """What the run measured itself: no need to count again."""
    segmentation = segmentation_node.GetSegmentation()
    rows = []
    for measured, trust in zip(result.measurements, result.trust, strict=True):
        organ = result.labelmap.organs[measured.label]
        segment_id = find_organ(segmentation, organ.name)
        name = segmentation.GetSegment(segment_id).GetName() if segment_id else organ.title
        rows.append(Row(segment_id, name, organ, measured, trust))
    return rows


def rows_of_segments(segmentation_node, scan: Scan) -> list[Row]:
    """Every segment, the user's too, as it is now; and the organs that the last run did not find."""
    measured = {}
    for voxels, ids in layers(segmentation_node, scan.grid):
        labelmap = Labelmap(voxels, scan.grid, {value: _organ_of(ids[value]) for value in sorted(ids)})
        measured |= {organ.name: organ for organ in measure(scan, labelmap)}
    organs, trust = organ_segments(segmentation_node), _judged_anew(segmentation_node, scan)
    rows = []
    for segment_id, segment in segments(segmentation_node).items():
        found = measured.get(segment_id, OrganMeasurements(segment_id, 0))
        organ = catalogue().get(organs.get(segment_id))
        judged = trust.pop(organ.name) if organ else _of_user(found)
        rows.append(Row(segment_id, segment.GetName(), organ, found, judged))
    for name, judged in trust.items():
        organ = catalogue()[name]
        rows.append(Row("", organ.title, organ, OrganMeasurements(name, 0), judged))
    return rows


def put_table(rows: Iterable[Row], segmentation_node, keep_others: bool = False):
    """The segmentation's table node with these rows; it is made where there is none, and returned.

    Args:
        rows: what stands in it.
        keep_others: keep the rows of organs and segments that ``rows`` are not about.
    """
    rows = list(rows)
    table = table_of(segmentation_node)
    if table is None:
        name = _("{segmentation} measurements").format(segmentation=segmentation_node.GetName())
        table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", name)
        segmentation_node.SetNodeReferenceID(TABLE, table.GetID())
    records = [[value(row) for _name, _kind, value in COLUMNS] for row in rows]
    if keep_others:
        records += _others(rows, segmentation_node, table.GetTable())
    with slicer.util.NodeModify(table):
        table.RemoveAllColumns()
        for index, (name, kind, _value) in enumerate(COLUMNS):
            column = kind()
            column.SetName(name)
            for record in records:
                column.InsertNextValue(record[index])
            table.AddColumn(column)
    return table


def _others(rows: list[Row], segmentation_node, table) -> list[list]:
    """Records of the table about segments that are still there, or absent organs, and not about ``rows``."""
    ids = {row.segment_id for row in rows if row.segment_id}
    titles = {row.organ.title for row in rows if row.organ}
    segmentation = segmentation_node.GetSegmentation()
    read = {vtk.vtkStringArray: "ToString", vtk.vtkDoubleArray: "ToDouble", vtk.vtkIntArray: "ToInt"}
    records = []
    for n in range(table.GetNumberOfRows()):
        record = [getattr(table.GetValueByName(n, name), read[kind])() for name, kind, _value in COLUMNS]
        name, segment_id = record[:2]
        there = (
            segment_id not in ids and segmentation.GetSegment(segment_id)
            if segment_id
            else name not in titles
        )
        if there:
            records.append(record)
    return records


def table_of(segmentation_node):
    """The segmentation's table node, or None."""
    return segmentation_node.GetNodeReference(TABLE)


def _judged_anew(segmentation_node, scan: Scan) -> dict[str, OrganTrust]:
    """Judge OrganSeg's organs by name, found or not, and keep what is to be said of the whole scan."""
    facts = run_facts(segmentation_node)
    wanted = [*organ_segments(segmentation_node).values(), *facts.get("absent", ())]
    organs = labelmap_of(segmentation_node, scan.grid, wanted)
    found = Segmentation.of(scan, organs, {}, facts)
    put_run_facts(segmentation_node, found.run)
    trust = recall(facts.get("remembered", {}), found.measurements, found.trust)
    return {judged.name: judged for judged in trust}


def _organ_of(segment_id: str) -> Organ:
    """A segment as something to measure, without expectations."""
    nothing = Code("", "")
    return Organ(segment_id, nothing, nothing, (0, 0, 0))


def _of_user(found: OrganMeasurements) -> OrganTrust:
    """Nothing is expected of a segment of the user, so it is never judged; what may be missing is told."""
    sentence = _("The segment touches the border of the scan: its volume is that of the visible part.")
    flags = (Flag("truncated", "note", sentence),) if found.truncated else ()
    return OrganTrust(found.name, found.label, flags)


def _number(value: float | None) -> float:
    return NOT_A_NUMBER if value is None else value

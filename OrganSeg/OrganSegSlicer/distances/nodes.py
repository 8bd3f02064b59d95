"""Distances in the scene: a table, lines between closest points, margins as segments, all in one folder."""

import slicer
from slicer.i18n import tr as _

from ..hierarchy import parent_of, place_in, remove, tree
from ..segmentations import LABELMAP, SURFACE, find_organ, title_of
from ..spaces import FLIP, image_of
from .table import facts_of, put_table, table_of

LINE, MARGINS = "OrganSeg.DistanceLine", "OrganSeg.DistanceMargins"  # roles of the segmentation's references
ORGAN = "OrganSeg.Organ"  # attribute of a line: the organ that it leads to
FOLDER = "OrganSeg.DistanceFolder"  # attribute of the item that all of it stands under
CHOSEN = "OrganSeg.Lines"  # attribute of the table: organs whose lines the user chose
NEAREST = 3  # lines where the user chose none
COLOURS = ((0.95, 0.45, 0.25), (0.98, 0.75, 0.25), (0.98, 0.9, 0.55))  # from the narrowest margin outwards
GLYPH_SCALE = 1.0  # percent of the view: the ends shall not hide what they mark
FILL, IN_3D = 0.15, 0.3  # opacity of margins: what is below them has to be seen


def show_distances(found, segmentation_node):
    """Put distances into the scene, in place of earlier ones of this segmentation; returns the table node.

    Args:
        found: `OrganSegLib.errands.distances.Distances`.
        segmentation_node: with the organs.
    """
    table = put_table(found.proximity, segmentation_node)
    folder = _folder(segmentation_node, table)
    place_in(folder, table)
    place_in(folder, _show_margins(found, segmentation_node))
    show_lines(segmentation_node)
    return table


def remove_distances(segmentation_node) -> None:
    """Take everything out of the scene that `show_distances` put there."""
    table = table_of(segmentation_node)
    if table is None:
        return
    folder = parent_of(table)
    for node in (table, margins_of(segmentation_node), *lines_of(segmentation_node).values()):
        if node is not None:
            remove(node)
    if tree().HasItemAttribute(folder, FOLDER) and not tree().GetNumberOfItemChildren(folder):
        tree().RemoveItem(folder)


def lines_of(segmentation_node) -> dict:
    """The lines that are there, by the name of the organ."""
    count = segmentation_node.GetNumberOfNodeReferences(LINE)
    nodes = [segmentation_node.GetNthNodeReference(LINE, n) for n in range(count)]
    return {node.GetAttribute(ORGAN): node for node in nodes if node is not None}


def margins_of(segmentation_node):
    """The margins' segmentation, or None."""
    return segmentation_node.GetNodeReference(MARGINS)


def choose_lines(segmentation_node, organs) -> None:
    """Show lines to these organs from now on, whichever are nearest."""
    table_of(segmentation_node).SetAttribute(CHOSEN, " ".join(organs))
    show_lines(segmentation_node)


def show_lines(segmentation_node) -> None:
    """Bring the lines up to date: to the nearest organs that are apart, or to those that the user chose."""
    apart = {organ["name"]: organ for organ in _apart(segmentation_node)}
    chosen = table_of(segmentation_node).GetAttribute(CHOSEN)
    wanted = list(apart)[:NEAREST] if chosen is None else [name for name in chosen.split() if name in apart]
    lines = lines_of(segmentation_node)
    for name in lines.keys() - set(wanted):
        remove(lines[name])
    for name in wanted:
        _show_line(lines.get(name) or _new_line(segmentation_node, name), apart[name], segmentation_node)


def _apart(segmentation_node) -> list[dict]:
    """Organs that a line can lead to, nearest first."""
    organs = [organ for organ in facts_of(segmentation_node)["organs"] if organ["status"] == "apart"]
    return sorted(organs, key=lambda organ: organ["distance_mm"])


def _new_line(segmentation_node, name: str):
    line = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsLineNode")
    line.SetAttribute(ORGAN, name)
    line.CreateDefaultDisplayNodes()
    display, segmentation = line.GetDisplayNode(), segmentation_node.GetSegmentation()
    display.SetPointLabelsVisibility(False)
    display.SetPropertiesLabelVisibility(True)  # name and length
    display.SetGlyphScale(GLYPH_SCALE)
    if segment := segmentation.GetSegment(find_organ(segmentation, name)):
        display.SetSelectedColor(segment.GetColor())
    segmentation_node.AddNodeReferenceID(LINE, line.GetID())
    place_in(parent_of(table_of(segmentation_node)), line)
    return line


def _show_line(line, organ: dict, segmentation_node) -> None:
    with slicer.util.NodeModify(line):
        line.SetName(title_of(segmentation_node, organ["name"]))
        for n, (x, y, z) in enumerate((organ["on_target"], organ["on_organ"])):
            if n < line.GetNumberOfControlPoints():
                line.SetNthControlPointPositionWorld(n, -x, -y, z)
            else:
                line.AddControlPointWorld(-x, -y, z)
        line.SetLocked(True)


def _show_margins(found, segmentation_node):
    """One segment for each margin, in a segmentation of their own, so that no result changes."""
    node = margins_of(segmentation_node)
    if node is None:
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        node.CreateDefaultDisplayNodes()
        segmentation_node.SetNodeReferenceID(MARGINS, node.GetID())
    node.SetName(_("Margins around {target}").format(target=found.proximity.target))
    radii = found.proximity.margins_mm
    for number, mm in enumerate(radii, 1):
        voxels = ((found.margins > 0) & (found.margins <= number)).astype("uint8")
        _show_margin(node, number, mm, image_of(voxels, found.grid, FLIP))
    segmentation = node.GetSegmentation()
    for number in range(len(radii) + 1, segmentation.GetNumberOfSegments() + 1):
        segmentation.RemoveSegment(_margin_id(number))
    return node


def _show_margin(node, number: int, mm: float, image) -> None:
    """The margin keeps its segment, with the looks that the user gave it."""
    segmentation, segment_id = node.GetSegmentation(), _margin_id(number)
    segment = segmentation.GetSegment(segment_id)
    if segment is None:
        segment = slicer.vtkSegment()
        segment.SetColor(COLOURS[min(number, len(COLOURS)) - 1])
        segment.SetLabelValue(1)
        segment.AddRepresentation(LABELMAP, image)
        segmentation.AddSegment(segment, segment_id)
        display = node.GetDisplayNode()
        display.SetSegmentOpacity2DFill(segment_id, FILL)
        display.SetSegmentOpacity3D(segment_id, IN_3D)
    else:
        segment.AddRepresentation(LABELMAP, image)
        segment.RemoveRepresentation(SURFACE)
    segment.SetName(_("Margin {mm} mm").format(mm=f"{mm:g}"))
    node.CreateClosedSurfaceRepresentation()


def _margin_id(number: int) -> str:
    return f"margin_{number}"


def _folder(segmentation_node, table) -> int:
    """The folder's item, named after the table; beside the organs."""
    hierarchy, folder = tree(), parent_of(table)
    if not hierarchy.HasItemAttribute(folder, FOLDER):
        folder = hierarchy.CreateFolderItem(parent_of(segmentation_node), table.GetName())
        hierarchy.SetItemAttribute(folder, FOLDER, "1")
    hierarchy.SetItemName(folder, table.GetName())
    return folder

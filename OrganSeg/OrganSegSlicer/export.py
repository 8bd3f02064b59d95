"""The organs as they are now, edits included, as the same files that the command line writes."""

from pathlib import Path

from OrganSegLib.errors import InputError
from OrganSegLib.export import write_results
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.surfaces import extract_surfaces
from slicer.i18n import tr as _

from .segmentations import labelmap_of, run_facts
from .volumes import scan_of


def export_results(
    segmentation_node, volume_node, folder: Path, smoothing=None, overwrite=False
) -> list[Path]:
    """Write labels, measurements and surfaces of OrganSeg's organs; returns the files.

    Raises:
        InputError: ``input.no_organ`` and as `scan_of`.
        OutputError: as `write_results`.
    """
    scan = scan_of(volume_node)
    labelmap = labelmap_of(segmentation_node, scan.grid)
    if not labelmap.organs:
        raise InputError(
            "input.no_organ", _("This segmentation holds no organs of OrganSeg."), _("Press Segment first.")
        )
    surfaces = extract_surfaces(labelmap, smoothing)
    found = Segmentation.of(scan, labelmap, surfaces, run_facts(segmentation_node))
    # No picture: it needs matplotlib, which Slicer does not bring, and Slicer itself shows more.
    return list(write_results(folder, found, overwrite, picture=False).values())

"""Content for a page: a red liver at the right, a green kidney at the left and higher, no spleen."""

from __future__ import annotations

from dataclasses import replace

from OrganSegLib.quality import Flag, OrganTrust
from OrganSegLib.surfaces import extract_surfaces
from OrganSegLib.viewer.content import Content, ShownOrgan

from Testing.unit.shapes import ORGANS, two_organs

CUT_OFF = Flag("truncated", "warning", "The scan cuts the liver off.")
PARTIAL = Flag("partial", "note", "The scan shows a part of the body only.")


def content(liver: str = "liver", flag: Flag = CUT_OFF) -> Content:
    surfaces = extract_surfaces(two_organs()[1])
    red = replace(ORGANS[1], name=liver, colour=(255, 0, 0))
    green = replace(ORGANS[2], colour=(0, 255, 0))
    shown = (
        ShownOrgan(red, "≥ 11 ml", OrganTrust(red.name, 1, (flag,)), surfaces[1]),
        ShownOrgan(green, "3.1 ml", OrganTrust(green.name, 2), surfaces[2]),
        ShownOrgan(ORGANS[3], "not found", OrganTrust(ORGANS[3].name, 3), None),
    )
    return Content(shown, (PARTIAL,))

"""Writes results and reads volumes while C's numbers are those of another language; prints their grids.

``python -m Testing.faults.localised LOCALE FOLDER VOLUME...``
"""

from __future__ import annotations

import locale
import sys
from pathlib import Path

from OrganSegLib.export import write_results
from OrganSegLib.ingest import read_study
from OrganSegLib.pipeline import Segmentation

from Testing.unit.shapes import two_organs

if __name__ == "__main__":
    name, folder, *volumes = sys.argv[1:]
    locale.setlocale(locale.LC_ALL, name)
    print(locale.localeconv()["decimal_point"], [read_study(volume).grid for volume in volumes])
    found = Segmentation.of(*two_organs("oblique"), run={"model": "tiny"})
    write_results(Path(folder), found, picture=False, formats=["ct", "ply", "obj", "measurements", "page"])

"""The further formats that results can be written in, and what each of them needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .errors import OutputError

if TYPE_CHECKING:
    from .pipeline import Segmentation


@dataclass(frozen=True)
class Choices:
    """What the user may choose for further formats.

    Attributes:
        identity: keep the patient's and the study's identity where the format has a place for it.
        decimate: share of the triangles to leave out of surfaces, from 0 to below 1.
        smoothing: steps of smoothing of the surfaces, those of the run when None.
    """

    identity: bool = True
    decimate: float = 0.0
    smoothing: int | None = None


@dataclass(frozen=True)
class Format:
    """One further format.

    Attributes:
        title: for the user who chooses.
        files: names that it may write into the result folder.
        module: in this package; its ``write(found, folder, choices)`` writes into ``folder`` and returns the
            names of what it wrote. It may `tell` what the user should know.
        needs: packages that must be installed.
        shared: names that it may write too, and that other formats write alike.
        printed: it gets the surfaces as the user wants them in files in `Choices`.
    """

    title: str
    files: tuple[str, ...]
    module: str
    needs: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    printed: bool = False

    def write(self, found: Segmentation, folder: Path, choices: Choices) -> list[str]:
        """Write into ``folder``, which exists.

        Raises:
            OutputError: ``output.missing_package``, and what the format's module names.
        """
        self.check_available()
        writer = cast(
            Callable[["Segmentation", Path, Choices], list[str]],
            import_module(f".{self.module}", __package__).write,
        )
        return writer(found, folder, choices)

    def check_available(self) -> None:
        """Refuse before the long work starts.

        Raises:
            OutputError: ``output.missing_package``.
        """
        missing = [package for package in self.needs if find_spec(package) is None]
        if missing:
            raise OutputError(
                "output.missing_package",
                f"{self.title} cannot be written: the package {missing[0]} is not installed.",
                f"Install it: python -m pip install {' '.join(missing)}",
            )


# The CT as a DICOM series, where results cannot refer to the study's own images. Two folders, so that neither
# series replaces the other, which a result may belong to.
DICOM_FOLDERS = ("dicom", "dicom-anonymous")

FORMATS: dict[str, Format] = {
    "ct": Format("The CT itself as NIfTI", ("ct.nii.gz",), "ct_files"),
    "dicom-seg": Format(
        "A DICOM segmentation", ("segmentation.dcm",), "dicom_seg", ("highdicom",), DICOM_FOLDERS
    ),
    "rtstruct": Format("A DICOM structure set", ("rtstruct.dcm",), "rtstruct", ("contourpy",), DICOM_FOLDERS),
    "obj": Format("All surfaces in colour as OBJ", ("organs.obj", "organs.mtl"), "obj_files", printed=True),
    "ply": Format("Each surface in colour as PLY", ("ply",), "ply_files", printed=True),
    "measurements": Format(
        "Shapes, cross-sections, left-right ratios and liver fat as tables and a plot",
        ("shape.csv", "shape.json", "cross_sections.csv", "cross_sections.png"),
        "further_measurements",
        needs=("matplotlib",),
    ),
    "uncertainty": Format("The network's uncertainty as NIfTI", ("uncertainty.nii.gz",), "uncertainty_file"),
    "report": Format(
        "A report as HTML and PDF",
        ("report.html", "report.pdf"),
        "report",
        needs=("jinja2", "matplotlib", "reportlab"),
    ),
    "page": Format("An interactive 3D page", ("organs.html",), "viewer", needs=("trame_vtk",)),
}


def tell(found: Segmentation, code: str, sentence: str) -> None:
    """Add a note to the facts of the run, where the command line and ``measurements.json`` show it; once."""
    notes = found.run.setdefault("notes", [])
    if (note := {"code": code, "sentence": sentence}) not in notes:
        notes.append(note)


def check_available(names: Sequence[str]) -> None:
    """Refuse formats that are unknown, or whose packages are missing.

    Raises:
        OutputError: ``output.unknown_format``, ``output.missing_package``.
    """
    for name in names:
        if name not in FORMATS:
            nearest = get_close_matches(name, FORMATS, n=1)
            raise OutputError(
                "output.unknown_format",
                f"OrganSeg does not know a format named {name!r}.",
                f"Did you mean {nearest[0]}?" if nearest else f"It knows: {', '.join(FORMATS)}.",
            )
        FORMATS[name].check_available()

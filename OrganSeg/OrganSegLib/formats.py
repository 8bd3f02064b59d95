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
    """

    identity: bool = True


@dataclass(frozen=True)
class Format:
    """One further format.

    Attributes:
        title: for the user who chooses.
        files: names that it may write into the result folder.
        module: in this package; its ``write(found, folder, choices)`` writes into ``folder`` and returns the
            names of what it wrote.
        needs: packages that must be installed, and the extra that installs them.
    """

    title: str
    files: tuple[str, ...]
    module: str
    needs: tuple[str, ...] = ()
    extra: str = ""

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
                f"Install it: pip install 'organseg[{self.extra}]'.",
            )


FORMATS: dict[str, Format] = {
    "ct": Format("The CT itself as NIfTI", ("ct.nii.gz",), "ct_files"),
    "measurements": Format(
        "Shapes, cross-sections, left-right ratios and liver fat as tables and a plot",
        ("shape.csv", "shape.json", "cross_sections.csv", "cross_sections.png"),
        "further_measurements",
        needs=("matplotlib",),
    ),
    "uncertainty": Format("The network's uncertainty as NIfTI", ("uncertainty.nii.gz",), "uncertainty_file"),
    "page": Format("An interactive 3D page", ("organs.html",), "viewer", ("trame_vtk",), "page"),
}


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

"""What OrganSeg needs that Slicer does not bring: asked for once, torch through the PyTorch extension."""

import subprocess
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import slicer
from OrganSegLib.errors import OrganSegError
from packaging.requirements import Requirement
from slicer.i18n import tr as _

TORCH = "torch"
FOLDER = Path(__file__).resolve().parents[1] / "Resources" / "Requirements"


def requirements_of(*purposes: str) -> list[Path]:
    """Lists of what these need: ``segment``, ``measure``, ``export``, formats; some need nothing."""
    files = (FOLDER / f"{purpose}.txt" for purpose in purposes)
    return [file for file in files if file.is_file()]


def missing_packages(files: Iterable[Path]) -> list[Requirement]:
    """Requirements that are not satisfied."""
    wanted = {requirement.name: requirement for file in files for requirement in _read(file)}
    return [requirement for requirement in wanted.values() if not _is_satisfied(requirement)]


def ensure_packages(files: Iterable[Path], tell: Callable[[str], None]) -> None:
    """Install what is missing after the user agreed; nothing happens where nothing is missing.

    Args:
        files: that list what is needed.
        tell: called with a line for the user before Slicer is busy for minutes.

    Raises:
        OrganSegError: ``setup.testing``, ``setup.declined``, ``setup.no_pytorch_extension`` or
            ``setup.failed``.
    """
    missing = missing_packages(files)
    if not missing:
        return
    names = ", ".join(wanted.name for wanted in missing)
    if slicer.app.testingEnabled():
        sentence = _("These Python packages are missing: {names}.").format(names=names)
        raise OrganSegError("setup.testing", sentence, _("Nothing is installed in testing mode."))
    torch = next((wanted for wanted in missing if wanted.name == TORCH), None)
    if not slicer.util.confirmOkCancelDisplay(_question(names, torch is not None), _("Set up OrganSeg")):
        raise OrganSegError(
            "setup.declined", _("The packages were not installed."), _("Try again to be asked again.")
        )
    tell(
        _("Installing {names}: this takes some minutes, and Slicer does not respond ...").format(names=names)
    )
    try:
        if torch is not None:
            _install_torch(str(torch.specifier))
        if others := [str(wanted) for wanted in missing if wanted is not torch]:
            slicer.util.pip_install(others)
    except (subprocess.CalledProcessError, RuntimeError, OSError) as error:
        sentence = _("The Python packages {names} could not be installed.").format(names=names)
        raise OrganSegError("setup.failed", sentence, _offline_help()) from error


def _question(names: str, with_torch: bool) -> str:
    size = _("about 0.5 GB, and up to 3 GB more for a graphics card") if with_torch else _("about 100 MB")
    question = _(
        "OrganSeg needs Python packages that Slicer does not bring: {names}.\n\nThey are downloaded once "
        "({size}) and installed into this Slicer. No image leaves this computer.\n\nInstall them now?"
    )
    return question.format(names=names, size=size)


def _offline_help() -> str:
    return _(
        "Connect this computer to the internet and try again. Without internet: on another computer, "
        "download the packages with 'pip download' for the same system and Python, "
        "and install them here with 'PythonSlicer -m pip install --no-index --find-links FOLDER ...'."
    )


def _install_torch(versions: str) -> None:
    try:
        import PyTorchUtils
    except ImportError as error:
        raise OrganSegError(
            "setup.no_pytorch_extension",
            _("The extension PyTorch is not installed."),
            _("Install PyTorch in the Extensions Manager, restart Slicer and press Segment again."),
        ) from error
    logic = PyTorchUtils.PyTorchUtilsLogic()
    if logic.installTorch(askConfirmation=False, torchVersionRequirement=versions) is None:
        raise RuntimeError("PyTorch was not installed")


def _read(file: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def _is_satisfied(wanted: Requirement) -> bool:
    try:
        return wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        return False

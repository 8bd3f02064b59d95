"""What the worker needs that Slicer does not bring: asked for once, torch through the PyTorch extension."""

import subprocess
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import slicer
from OrganSegLib.errors import OrganSegError
from packaging.requirements import Requirement
from slicer.i18n import tr as _

TORCH = Requirement("torch>=2.6,!=2.9.*")  # 2.9 runs 3D convolutions in mixed precision several times slower


def missing_packages(requirements: Path) -> list[Requirement]:
    """Requirements that are not satisfied, torch first."""
    return [wanted for wanted in (TORCH, *_read(requirements)) if not _is_satisfied(wanted)]


def ensure_packages(requirements: Path, tell: Callable[[str], None]) -> None:
    """Install what is missing after the user agreed; nothing happens where nothing is missing.

    Args:
        requirements: the file that lists them.
        tell: called with a line for the user before Slicer is busy for minutes.

    Raises:
        OrganSegError: ``setup.testing``, ``setup.declined``, ``setup.no_pytorch_extension`` or
            ``setup.failed``.
    """
    missing = missing_packages(requirements)
    if not missing:
        return
    names = ", ".join(wanted.name for wanted in missing)
    if slicer.app.testingEnabled():
        sentence = _("These Python packages are missing: {names}.").format(names=names)
        raise OrganSegError("setup.testing", sentence, _("Nothing is installed in testing mode."))
    if not slicer.util.confirmOkCancelDisplay(_question(names, TORCH in missing), _("Set up OrganSeg")):
        raise OrganSegError(
            "setup.declined", _("OrganSeg was not set up."), _("Press Segment to be asked again.")
        )
    tell(
        _("Installing {names}: this takes some minutes, and Slicer does not respond ...").format(names=names)
    )
    try:
        if TORCH in missing:
            _install_torch()
        if others := [str(wanted) for wanted in missing if wanted is not TORCH]:
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
        "download the packages with 'pip download torch -r requirements.txt' for the same system and Python, "
        "and install them here with 'PythonSlicer -m pip install --no-index --find-links FOLDER ...'."
    )


def _install_torch() -> None:
    try:
        import PyTorchUtils
    except ImportError as error:
        raise OrganSegError(
            "setup.no_pytorch_extension",
            _("The extension PyTorch is not installed."),
            _("Install PyTorch in the Extensions Manager, restart Slicer and press Segment again."),
        ) from error
    wanted = str(TORCH.specifier)
    if (
        PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=False, torchVersionRequirement=wanted)
        is None
    ):
        raise RuntimeError("PyTorch was not installed")


def _read(requirements: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def _is_satisfied(wanted: Requirement) -> bool:
    try:
        return wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        return False

"""One run of the worker on one volume: what goes in, and where the result shall go."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import slicer
from OrganSegLib.errors import OrganSegError, WorkerError
from OrganSegLib.model import Model
from OrganSegLib.pipeline import Options, Segmentation
from OrganSegLib.protocol import Message, get_result, segment_request
from OrganSegLib.volume import Scan
from slicer.i18n import tr as _


def _nobody(*_args) -> None:
    """Heard by nobody."""


@dataclass(frozen=True)
class Callbacks:
    """Whom a run tells: (stage, fraction) often, then (segmentation node) or (error) once."""

    progress: Callable[[str, float], None] = _nobody
    finished: Callable[[object], None] = _nobody
    error: Callable[[OrganSegError], None] = _nobody


@dataclass(frozen=True)
class Run:
    """A scan on its way through the worker.

    Attributes:
        volume: the node that was segmented.
        segmentation: the node to update, None for a new one.
        stay_warm: whether the worker is kept for the next run.
    """

    volume: object
    segmentation: object | None
    scan: Scan
    model: Model
    options: Options
    callbacks: Callbacks
    stay_warm: bool = True
    folder: tempfile.TemporaryDirectory = field(default_factory=lambda: _private_folder())

    @property
    def nodes_are_there(self) -> bool:
        """False once the user closed the scene or deleted what the run is about."""
        nodes = [self.volume] if self.segmentation is None else [self.volume, self.segmentation]
        return all(node.GetScene() is not None for node in nodes)

    def request(self) -> Message:
        """The message for the worker; the voxels lie in the run's folder then.

        Raises:
            WorkerError: ``worker.no_space``.
        """
        try:
            return segment_request(1, self.model.folder, self.options, Path(self.folder.name), self.scan)
        except OSError as error:
            raise WorkerError(
                "worker.no_space",
                _("The temporary folder cannot hold the scan for the background process."),
                _("Free some space on the disk of the temporary folder and try again."),
            ) from error

    def result(self, facts: Message) -> Segmentation:
        """What the worker answered."""
        return get_result(facts, Path(self.folder.name), self.scan)

    def discard(self) -> None:
        """Remove the patient's voxels from the disk."""
        self.folder.cleanup()


def _private_folder() -> tempfile.TemporaryDirectory:
    folder = slicer.app.temporaryPath
    return tempfile.TemporaryDirectory(prefix="organseg-", dir=folder, ignore_cleanup_errors=True)

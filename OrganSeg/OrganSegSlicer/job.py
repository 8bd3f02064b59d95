"""What the worker is asked to do: nodes of the scene, a private folder for voxels, and who wants to know."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import slicer
from OrganSegLib.errors import OrganSegError, WorkerError
from OrganSegLib.protocol import Message
from OrganSegLib.scratch import PrivateFolder
from slicer.i18n import tr as _


def nobody(*_args) -> None:
    """Heard by nobody."""


@dataclass(frozen=True)
class Callbacks:
    """Whom a job tells: (stage, fraction) often, then (what came out) or (error) once."""

    progress: Callable[[str, float], None] = nobody
    finished: Callable[[object], None] = nobody
    error: Callable[[OrganSegError], None] = nobody


@dataclass(frozen=True, kw_only=True)
class Job:
    """Base of what `background.Background` works on.

    Attributes:
        callbacks: who is told.
        stay_warm: whether the worker is kept for the next job.
    """

    callbacks: Callbacks
    stay_warm: bool = True
    folder: PrivateFolder = field(default_factory=lambda: PrivateFolder(Path(slicer.app.temporaryPath)))

    @property
    def place(self) -> Path:
        """Where voxels lie while the job lasts."""
        return self.folder.path

    @property
    def nodes(self) -> list:
        """What the job is about: it ends when one of these goes."""
        raise NotImplementedError

    def ask(self) -> Message:
        """Store voxels and make the message for the worker."""
        raise NotImplementedError

    def finish(self, facts: Message):
        """What comes out of the worker's answer."""
        raise NotImplementedError

    def abandon(self) -> None:
        """Tidy up after a worker that was ended, where it could not."""

    @property
    def nodes_are_there(self) -> bool:
        """False once the user closed the scene or deleted what the job is about."""
        return all(node.GetScene() is not None for node in self.nodes)

    def request(self) -> Message:
        """The message for the worker; voxels lie in the job's folder then.

        Raises:
            WorkerError: ``worker.no_space``; and what `ask` raises.
        """
        try:
            return self.ask()
        except OSError as error:
            raise WorkerError(
                "worker.no_space",
                _("The temporary folder cannot hold the voxels for the background process."),
                _("Free some space on the disk of the temporary folder and try again."),
            ) from error

    def discard(self) -> None:
        """Remove the patient's voxels from the disk."""
        self.folder.close()

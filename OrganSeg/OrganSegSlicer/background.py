"""The worker and the job that it does: one at a time, the worker warm for the next."""

import logging
import time

import slicer
from OrganSegLib.errors import Cancelled, InputError, OrganSegError, WorkerError, named, whereabouts
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from .job import Job
from .worker_process import Listener, WorkerProcess

POLL_SECONDS = 0.01


class Background(VTKObservationMixin):
    """Does jobs in a child process; nothing here waits for it, unless one asks to.

    Args:
        log: called with each line that the child prints.
    """

    def __init__(self, log) -> None:
        VTKObservationMixin.__init__(self)
        self._log = log
        self._worker = None
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self._job is not None

    @property
    def pid(self) -> int:
        """Process id of the worker, 0 while there is none."""
        return self._worker.pid if self._worker is not None else 0

    @property
    def fresh(self) -> bool:
        """Whether the next job meets a worker that never did one before."""
        return self._worker is None or not self._worker.alive

    def require_idle(self) -> None:
        """Refuse a second job.

        Raises:
            InputError: ``input.busy``.
        """
        if self.busy:
            sentence = _("OrganSeg is still at work.")
            raise InputError("input.busy", sentence, _("Wait until it is done, or cancel it."))

    def start(self, job: Job) -> None:
        """Begin a job and return at once.

        Raises:
            OrganSegError: ``input.busy``, and what can be refused at once; no callback is called then.
        """
        try:
            self.require_idle()
            request = job.request()
        except OrganSegError:
            job.discard()
            raise
        self._job = job
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.NodeRemovedEvent, self._on_nodes_gone)
        self.addObserver(scene, scene.EndCloseEvent, self._on_nodes_gone)
        if self.fresh:
            self._worker = WorkerProcess(self._log)
        self._worker.ask(request, Listener(job.callbacks.progress, self._on_done, self._end))

    def outcome_of(self, start):
        """Begin a job, and wait for it while Slicer stays responsive; what came out.

        Args:
            start: begins it with the callbacks ``finished`` and ``error``.

        Raises:
            OrganSegError: whatever goes wrong, also a cancel.
        """
        ends = []
        start(finished=ends.append, error=ends.append)
        while self.busy:
            slicer.app.processEvents()
            time.sleep(POLL_SECONDS)
        end = ends[0] if ends else Cancelled()
        if isinstance(end, OrganSegError):
            raise end
        return end

    def cancel(self) -> None:
        """Stop at once; the job's error callback hears of it."""
        if self.busy:
            self._end(Cancelled())

    def cleanup(self) -> None:
        """End the worker; nobody is called any more."""
        self._stop_worker()
        if self.busy:
            self._finish()

    def _on_done(self, facts) -> None:
        job = self._job
        try:
            outcome = job.finish(facts)
        except Exception as error:  # noqa: BLE001 (Qt calls this: nobody else would hear of it)
            logging.error("OrganSeg could not take over its worker's result\n%s", whereabouts(error))
            self._end(named(error))
            return
        self._finish()
        job.callbacks.finished(outcome)

    def _end(self, error: OrganSegError) -> None:
        if isinstance(error, Cancelled | WorkerError):
            self._stop_worker()
        job = self._finish()
        job.callbacks.error(error)

    def _finish(self) -> Job:
        job, self._job = self._job, None
        self.removeObservers()
        job.discard()
        if not job.stay_warm:
            self._stop_worker()
        return job

    def _stop_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
        if self._job is not None:
            self._job.abandon()

    def _on_nodes_gone(self, _caller, _event) -> None:
        # While a scene closes it is not yet the time to speak: the panel starts afresh when it is closed.
        if not slicer.mrmlScene.IsClosing() and not self._job.nodes_are_there:
            self._stop_worker()
            self._end(
                InputError(
                    "input.gone",
                    _("A volume or segmentation was closed while OrganSeg was at work on it."),
                    _("Load it again and press the button again."),
                )
            )

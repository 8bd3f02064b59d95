"""One run of the worker on one volume: what goes in, and where the result shall go."""

from dataclasses import dataclass
from pathlib import Path

from OrganSegLib.pipeline import Options
from OrganSegLib.protocol import Message, get_result, segment_request
from OrganSegLib.volume import Scan

from .job import Job
from .segmentations import show_closed_surface, show_result
from .statistics import put_table, rows_of_result


@dataclass(frozen=True)
class Run(Job):
    """A scan on its way through the worker.

    Attributes:
        volume: the node that was segmented.
        segmentation: the node to update, None for a new one.
        model: its folder; the worker verifies it, which takes a while for large weights.
    """

    volume: object
    segmentation: object | None
    scan: Scan
    model: Path
    options: Options

    @property
    def nodes(self):
        return [self.volume] if self.segmentation is None else [self.volume, self.segmentation]

    def ask(self) -> Message:
        return segment_request(1, self.model, self.options, self.place, self.scan)

    def finish(self, facts: Message):
        """Show what the worker found; returns the segmentation node."""
        result = get_result(facts, self.place, self.scan)
        node = show_result(result, self.volume, self.segmentation)
        put_table(rows_of_result(result, node), node, keep_others=True)
        show_closed_surface(node)
        return node

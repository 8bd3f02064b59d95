"""The organs as they are now, edits included, as the same files that the command line writes."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from OrganSegLib.aside import remove_unfinished
from OrganSegLib.errands.files import Order, write_request
from OrganSegLib.errors import OutputError
from OrganSegLib.export import check_is_free
from OrganSegLib.formats import check_available
from OrganSegLib.protocol import Message
from OrganSegLib.volume import Scan

from .job import Job
from .labels import labelmap_of, no_organ
from .segmentations import organ_segments, run_facts


@dataclass(frozen=True)
class Written:
    """What was written, and sentences that the user should know about it."""

    files: list[Path]
    notes: list[str]


@dataclass(frozen=True)
class Export(Job):
    """Result files on their way through the worker.

    Attributes:
        volume, segmentation: the nodes.
        order: what shall be written.
    """

    volume: object
    segmentation: object
    scan: Scan
    order: Order

    @property
    def nodes(self):
        return [self.volume, self.segmentation]

    def ask(self) -> Message:
        facts = run_facts(self.segmentation)
        names = [*organ_segments(self.segmentation).values(), *facts.get("absent", ())]
        labels = labelmap_of(self.segmentation, self.scan.grid, names)
        return write_request(1, self.place, self.scan, labels, facts, self.order)

    def finish(self, facts: Message) -> Written:
        return Written([Path(file) for file in facts["files"]], facts["notes"])

    def abandon(self) -> None:
        with suppress(OutputError):  # what cannot go now goes when the next run writes there
            remove_unfinished(Path(self.order.output))


def check_order(segmentation_node, order: Order) -> None:
    """Refuse what cannot be written, before anybody waits.

    Raises:
        InputError: ``input.no_organ``.
        OutputError: as `check_available` and `check_is_free`.
    """
    if not organ_segments(segmentation_node):
        raise no_organ()
    check_available(order.formats)
    check_is_free(Path(order.output), order.formats, order.overwrite)

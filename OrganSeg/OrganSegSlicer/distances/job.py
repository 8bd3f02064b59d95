"""One question to the worker: how far is the target from the organs, as both are now?"""

from dataclasses import dataclass

from OrganSegLib.errands.distances import Aim, distances_request, get_distances
from OrganSegLib.protocol import Message

from ..job import Job
from ..labels import grid_of, labelmap_of, no_organ
from ..segmentations import LABELMAP, organ_segments, segments
from ..spaces import to_world
from .nodes import margins_of, show_distances
from .target import aim_at, margin_is_no_target, no_target


@dataclass
class Sent:
    """Which organs the worker has got, so that they are sent only when they changed."""

    state: tuple | None = None


@dataclass(frozen=True)
class Measurement(Job):
    """Distances on their way through the worker.

    Attributes:
        segmentation: the node with the organs.
        target: the node that the target is in.
        aim: the target.
        margins_mm: radii of the safety margins.
        state: of the organs, see `state_of`.
        sent: kept from one measurement to the next.
    """

    segmentation: object
    target: object
    aim: Aim
    margins_mm: tuple[float, ...]
    state: tuple
    sent: Sent

    @property
    def nodes(self):
        return [self.segmentation, self.target]

    def ask(self) -> Message:
        known = self.sent.state == self.state
        self.sent.state = None  # until the answer says that they arrived
        labels = None if known else labelmap_of(self.segmentation, grid_of(self.segmentation))
        return distances_request(1, self.place, labels, self.aim, self.margins_mm)

    def finish(self, facts: Message):
        """Show what the worker found; returns the table node."""
        self.sent.state = self.state
        return show_distances(get_distances(facts, self.place), self.segmentation)


def state_of(segmentation_node) -> tuple:
    """Something that changes whenever organs are edited, added, removed or moved."""
    organs = organ_segments(segmentation_node)
    own = [(name, segments(segmentation_node)[segment_id]) for segment_id, name in organs.items()]
    voxels = [(segment, name, segment.GetRepresentation(LABELMAP)) for name, segment in own]
    edits = [(name, s.GetLabelValue(), image.GetMTime()) for s, name, image in voxels if image is not None]
    world, parent = to_world(segmentation_node), segmentation_node.GetParentTransformNode()
    return (*edits, parent.GetMTime() if world is None else world.tobytes())


def measurement(segmentation_node, target, margins_mm: tuple[float, ...], sent: Sent, **told) -> Measurement:
    """The question about a target.

    Args:
        segmentation_node: with the organs.
        target: a node and the id of a segment or point in it, or the node alone where it has only one.
        margins_mm: radii of the safety margins.
        sent: what the worker knows.
        told: as of `Job`.

    Raises:
        InputError: ``input.no_organ``, ``input.no_target``, ``input.empty_target``.
    """
    node, part = target if isinstance(target, tuple) else (target, "")
    if not organ_segments(segmentation_node):
        raise no_organ()
    if node is None:
        raise no_target()
    if node is margins_of(segmentation_node):
        raise margin_is_no_target()
    return Measurement(
        segmentation_node, node, aim_at(node, part), margins_mm, state_of(segmentation_node), sent, **told
    )

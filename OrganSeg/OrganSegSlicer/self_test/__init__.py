"""OrganSeg's self-test, on the phantom: a computed CT whose organs are known exactly."""

from .measurements import MeasurementTests
from .panel import PanelTests
from .results import ResultTests
from .runs import RunTests
from .scenes import SceneTests
from .segments import SegmentTests


class SelfTest(SegmentTests, MeasurementTests, SceneTests, RunTests, PanelTests, ResultTests):
    """All tests of the logic and of the panel; ``OrganSegTest`` runs them in Slicer."""

"""OrganSeg's self-test, on the phantom: a computed CT whose organs are known exactly."""

from .distances import DistanceTests
from .exports import ExportTests
from .flags import FlagTests
from .measurements import MeasurementTests
from .models import ModelTests
from .panel import PanelTests
from .results import ResultTests
from .runs import RunTests
from .scenes import SceneTests
from .segments import SegmentTests


class LogicTests(SegmentTests, MeasurementTests, SceneTests, RunTests):
    """All tests that need no panel."""


class SelfTest(LogicTests, PanelTests, ModelTests, ResultTests, FlagTests, DistanceTests, ExportTests):
    """All tests of the logic and of the panel; ``OrganSegTest`` runs them in Slicer."""

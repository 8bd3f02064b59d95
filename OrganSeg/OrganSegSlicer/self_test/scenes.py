"""What is kept with a scene, and what is ready in a fresh Slicer."""

import qt
import slicer

from ..samples import CATEGORY, SAMPLES, register_samples
from .case import Case


class SceneTests(Case):
    """Parameters in a saved scene, and the sample data."""

    def test_choicesSurviveTheScene(self):
        chosen = self.logic.getParameterNode()
        chosen.device, chosen.keepWarm, chosen.skippedOrgans = "cpu", False, ["aorta", "heart"]
        scene = slicer.mrmlScene
        scene.SetSaveToXMLString(True)
        scene.Commit()
        saved = scene.GetSceneXMLString()
        scene.SetSaveToXMLString(False)
        scene.Clear()
        self.assertEqual("auto", self.logic.getParameterNode().device)
        scene.SetLoadFromXMLString(True)
        scene.SetSceneXMLString(saved)
        scene.Connect()
        scene.SetLoadFromXMLString(False)
        loaded = self.logic.getParameterNode()
        self.assertEqual("cpu", loaded.device)
        self.assertFalse(loaded.keepWarm)
        self.assertEqual(["aorta", "heart"], list(loaded.skippedOrgans))

    def test_theChecklistFollowsAnImportedScene(self):
        self._needModel()
        widget = self._panel()
        widget.logic.getParameterNode().skippedOrgans = ["liver"]
        scene = slicer.mrmlScene
        scene.SetSaveToXMLString(True)
        scene.Commit()
        saved = scene.GetSceneXMLString()
        scene.SetSaveToXMLString(False)
        self._press(widget.ui.allButton)
        scene.SetLoadFromXMLString(True)
        scene.SetSceneXMLString(saved)
        scene.Import()
        scene.SetLoadFromXMLString(False)
        unchecked = [item.text(0) for item in self._listed(widget) if item.checkState(0) == qt.Qt.Unchecked]
        self.assertEqual(["Liver"], unchecked)

    def test_samplesAreRegistered(self):
        register_samples()
        names = [source.sampleName for source in slicer.modules.sampleDataSources[CATEGORY]]
        self.assertLessEqual({sample[0] for sample in SAMPLES}, set(names))

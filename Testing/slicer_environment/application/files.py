"""``slicer.app.coreIOManager()``: what ``slicer.util.loadVolume``, ``saveNode`` and ``saveScene`` call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_SCENES = (".mrb", ".mrml")
_SEGMENTATIONS = (".seg.nrrd", ".seg.nhdr")


class qSlicerCoreIOManager:
    """Reads volumes, segmentations, label maps and scenes; writes any storable node and scenes."""

    __slots__ = ("_scene",)

    def __init__(self, scene: Any) -> None:
        self._scene = scene

    def fileType(self, file_name: str) -> str:
        if file_name.endswith(_SCENES):
            return "SceneFile"
        return "SegmentationFile" if file_name.endswith(_SEGMENTATIONS) else "VolumeFile"

    def loadNodes(
        self, file_type: str, properties: dict[str, Any], loaded: Any, _messages: Any = None
    ) -> bool:
        import slicer

        file_name = properties["fileName"]
        if not Path(file_name).exists():
            return False
        if file_type == "SceneFile":
            return self._load_scene(file_name, clear=properties.get("clear", False))
        if file_type == "SegmentationFile":
            node = slicer.modules.segmentations.logic().LoadSegmentationFromFile(file_name)
        elif file_type == "VolumeFile":
            name = properties.get("name") or Path(file_name).name.split(".")[0]
            options = int(bool(properties.get("labelmap")))
            node = slicer.modules.volumes.logic().AddArchetypeVolume(file_name, name, options)
        else:
            raise NotImplementedError(f"the test environment reads no {file_type}")
        if node:
            loaded.AddItem(node)
            if node.IsA("vtkMRMLScalarVolumeNode") and properties.get("show", True):
                selection = slicer.app.applicationLogic().GetSelectionNode()
                selection.SetActiveVolumeID(node.GetID())
                slicer.app.applicationLogic().PropagateVolumeSelection()
        return bool(node)

    def _load_scene(self, file_name: str, clear: bool) -> bool:
        if file_name.endswith(".mrb"):
            return bool(self._scene.ReadFromMRB(file_name, clear))
        self._scene.SetURL(file_name)
        return bool(self._scene.Connect() if clear else self._scene.Import())

    def fileWriterFileType(self, _node: Any) -> str:
        return "NodeFile"

    def saveNodes(self, file_type: str, properties: dict[str, Any], _messages: Any = None) -> bool:
        file_name = str(properties["fileName"])
        if file_type == "SceneFile":
            return self._save_scene(file_name)
        node = self._scene.GetNodeByID(properties["nodeID"])
        node.AddDefaultStorageNode(file_name)
        storage = node.GetStorageNode()
        storage.SetFileName(file_name)
        return bool(storage.WriteData(node))

    def _save_scene(self, file_name: str) -> bool:
        import slicer

        if file_name.endswith(".mrb"):
            return bool(self._scene.WriteToMRB(file_name))
        if file_name.endswith(".mrml"):
            self._scene.SetURL(file_name)
            self._scene.SetRootDirectory(str(Path(file_name).parent))
            return bool(self._scene.Commit())
        return bool(slicer.app.applicationLogic().SaveSceneToSlicerDataBundleDirectory(file_name))

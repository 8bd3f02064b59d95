"""``slicer.app.layoutManager()``: the views of the layout that the scene asks for."""

from __future__ import annotations

from typing import Any

import slicer

from .views import SliceView, ThreeDView

_LAYOUT = "SlicerLayoutFourUpView"


class qMRMLSliceWidget:
    """A slice view and its logic."""

    __slots__ = ("_logic", "_node", "_view")

    def __init__(self, node: Any, logic: Any) -> None:
        self._node, self._logic = node, logic
        self._view = SliceView(node, logic)

    def mrmlSliceNode(self) -> Any:
        return self._node

    def sliceLogic(self) -> Any:
        return self._logic

    def sliceView(self) -> SliceView:
        return self._view

    def fitSliceToBackground(self) -> None:
        self._logic.FitSliceToBackground()


class qMRMLThreeDWidget:
    """A 3D view."""

    __slots__ = ("_view",)

    def __init__(self, node: Any) -> None:
        self._view = ThreeDView(node)

    def threeDView(self) -> ThreeDView:
        return self._view

    def mrmlViewNode(self) -> Any:
        return self._view.mrmlViewNode()


class qSlicerLayoutManager:
    """Four views: red, yellow and green slices, and one in 3D."""

    __slots__ = ("_logic", "_scene", "_slices", "_three_d")

    def __init__(self, scene: Any, application_logic: Any) -> None:
        self._scene = scene
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        self._logic.SetMRMLScene(scene)
        layout = self._logic.GetLayoutNode()
        layout.SetViewArrangement(getattr(layout, _LAYOUT))
        self._slices: dict[str, qMRMLSliceWidget] = {}
        self._three_d: list[qMRMLThreeDWidget] = []
        for node in list(self._logic.GetViewNodes()):
            if node.IsA("vtkMRMLSliceNode"):
                self._slices[node.GetLayoutName()] = self._slice_widget(node, application_logic)
            elif node.IsA("vtkMRMLViewNode"):
                self._three_d.append(qMRMLThreeDWidget(node))

    def _slice_widget(self, node: Any, application_logic: Any) -> qMRMLSliceWidget:
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(application_logic)
        application_logic.GetSliceLogics().AddItem(logic)
        logic.SetMRMLScene(self._scene)
        logic.SetSliceNode(node)
        logic.ResizeSliceNode(400, 400)
        return qMRMLSliceWidget(node, logic)

    def layoutLogic(self) -> Any:
        return self._logic

    def mrmlScene(self) -> Any:
        return self._scene

    @property
    def layout(self) -> int:
        return int(self._logic.GetLayoutNode().GetViewArrangement())

    def setLayout(self, layout: int) -> None:
        self._logic.GetLayoutNode().SetViewArrangement(layout)

    @property
    def threeDViewCount(self) -> int:
        return len(self._three_d)

    def threeDWidget(self, index: int) -> qMRMLThreeDWidget | None:
        return self._three_d[index] if 0 <= index < len(self._three_d) else None

    def sliceViewNames(self) -> list[str]:
        return list(self._slices)

    def sliceWidget(self, name: str) -> qMRMLSliceWidget | None:
        return self._slices.get(name)

    def mrmlSliceLogics(self) -> Any:
        return slicer.app.applicationLogic().GetSliceLogics()

    def resetSliceViews(self) -> None:
        for widget in self._slices.values():
            widget.fitSliceToBackground()

    def resetThreeDViews(self) -> None:
        for widget in self._three_d:
            widget.threeDView().resetFocalPoint()

    def pauseRender(self) -> None:
        """Nothing is drawn unless a view is told to."""

    def resumeRender(self) -> None:
        """Nothing is drawn unless a view is told to."""

"""Slice and 3D views without a screen: MRML's displayable managers draw into an off-screen VTK window."""

from __future__ import annotations

from typing import Any

import slicer
import vtk

_IN_3D = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
)
_IN_2D = (
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
)


class View:
    """One window that shows what the displayable managers make of the scene.

    The window is made when it is first needed: most tests never look.
    """

    __slots__ = ("_factory", "_group", "_managers", "_node", "_renderer", "_window")

    def __init__(self, node: Any, factory: Any, managers: tuple[str, ...]) -> None:
        self._node, self._factory, self._managers = node, factory, managers
        self._window: Any = None
        self._renderer: Any = None
        self._group: Any = None

    def renderWindow(self) -> Any:
        if self._window is None:
            self._build()
        return self._window

    def renderer(self) -> Any:
        self.renderWindow()
        return self._renderer

    def forceRender(self) -> None:
        self.renderWindow().Render()

    def resize(self, width: int, height: int) -> None:
        """Give the view a size in pixels; in the application its place in the main window does."""
        self.renderWindow().SetSize(width, height)

    def _build(self) -> None:
        self._renderer = vtk.vtkRenderer()
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(8)
        self._window.SetSize(400, 400)
        self._window.AddRenderer(self._renderer)
        self._fill()
        interactor = vtk.vtkRenderWindowInteractor()
        interactor.SetRenderWindow(self._window)
        factory = self._factory.GetInstance()
        factory.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        for name in self._managers:
            if not factory.IsDisplayableManagerRegistered(name):
                factory.RegisterDisplayableManager(name)
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.Initialize(factory, self._renderer)
        self._group.SetMRMLDisplayableNode(self._node)

    def _fill(self) -> None:
        """What has to be in the window before the displayable managers add theirs."""


class ThreeDView(View):
    """``threeDWidget(0).threeDView()``."""

    __slots__ = ()

    def __init__(self, node: Any) -> None:
        super().__init__(node, slicer.vtkMRMLThreeDViewDisplayableManagerFactory, _IN_3D)

    def mrmlViewNode(self) -> Any:
        return self._node

    def resetFocalPoint(self) -> None:
        """Look at the middle of what is shown, with the box and the axis labels left out."""
        box, labels = self._node.GetBoxVisible(), self._node.GetAxisLabelsVisible()
        self._node.SetBoxVisible(False)
        self._node.SetAxisLabelsVisible(False)
        bounds = self.renderer().ComputeVisiblePropBounds()
        self._node.SetBoxVisible(box)
        self._node.SetAxisLabelsVisible(labels)
        if bounds[0] <= bounds[1]:
            middle = [(low + high) / 2 for low, high in zip(bounds[::2], bounds[1::2], strict=True)]
            self._camera_node().SetFocalPoint(middle)
            self.renderer().ResetCameraClippingRange()

    def resetCamera(self) -> None:
        self.renderer().ResetCamera()

    def _camera_node(self) -> Any:
        self.renderWindow()
        return slicer.modules.cameras.logic().GetViewActiveCameraNode(self._node)


class SliceView(View):
    """``sliceWidget("Red").sliceView()``."""

    __slots__ = ("_image", "_logic")

    def __init__(self, node: Any, logic: Any) -> None:
        super().__init__(node, slicer.vtkMRMLSliceViewDisplayableManagerFactory, _IN_2D)
        self._logic = logic
        self._image = vtk.vtkActor2D()

    def mrmlSliceNode(self) -> Any:
        return self._node

    def resize(self, width: int, height: int) -> None:
        super().resize(width, height)
        self._logic.ResizeSliceNode(width, height)

    def forceRender(self) -> None:
        self.renderWindow()
        connection = self._logic.GetImageDataConnection()
        self._image.GetMapper().SetInputConnection(connection)
        self._image.SetVisibility(connection is not None)
        super().forceRender()

    def _fill(self) -> None:
        """Put the resliced image behind everything else; in the application CTK's light box does that."""
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        mapper = vtk.vtkImageMapper()
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        self._image.SetMapper(mapper)
        self._image.GetProperty().SetDisplayLocationToBackground()
        self._image.VisibilityOff()
        self._renderer.AddViewProp(self._image)

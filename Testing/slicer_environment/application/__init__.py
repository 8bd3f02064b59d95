"""``slicer.app`` and what hangs on it: scene, logics, modules, files, views and the main window."""

from __future__ import annotations

import sys
from types import ModuleType

from .app import qSlicerApplication
from .dicom_database import ctkDICOMDatabase
from .logics import register_logics
from .modules import qSlicerScriptedLoadableModule, qSlicerScriptedLoadableModuleWidget


def start(slicer: ModuleType) -> None:
    """Fill ``slicer`` with what the application puts there: ``app``, ``mrmlScene``, ``modules``, classes."""
    _alias_vtk_libraries()
    slicer.modules = ModuleType("slicer.modules")  # type: ignore[attr-defined]
    sys.modules["slicer.modules"] = slicer.modules
    slicer.selfTests = {}  # type: ignore[attr-defined]
    for cls in (qSlicerScriptedLoadableModule, qSlicerScriptedLoadableModuleWidget):
        setattr(slicer, cls.__name__, cls)
    scene = slicer.vtkMRMLScene()
    slicer.mrmlScene = scene  # type: ignore[attr-defined]
    application_logic = register_logics(slicer, scene)
    slicer.app = qSlicerApplication(scene, application_logic)  # type: ignore[attr-defined]
    slicer.app.build_main_window()
    slicer.dicomDatabase = ctkDICOMDatabase()  # type: ignore[attr-defined]


def _alias_vtk_libraries() -> None:
    """Slicer has these libraries under top-level names, slicer-core inside its package."""
    import slicer_core

    for name in ("vtkITK", "vtkSegmentationCore"):
        library = getattr(slicer_core, name)
        sys.modules.setdefault(name, library)
        sys.modules.setdefault(f"{name}Python", library)

"""A Slicer-like environment for tests, on the libraries of Slicer that can be installed with pip.

MRML, its logics, displayable managers and ``slicer.util`` are Slicer's own (``slicer-core``); Qt is Qt
(PySide6). The rest of what a scripted module touches is a strict stand-in. README.md has the details.
"""

from __future__ import annotations

from .launch import launch

__all__ = ["launch"]

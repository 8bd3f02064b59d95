"""``slicer.dicomDatabase``: where the files lie that volumes were loaded from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Property, QObject

from ..python_qt.properties import stands_for_cpp


@stands_for_cpp
class ctkDICOMDatabase(QObject):
    """Knows the instances that `dicom.load_dicom_series` loaded."""

    _files: dict[str, str] = {}
    isOpen = Property(bool, lambda self: True)

    def __init__(self) -> None:
        super().__init__()
        self._files = {}

    def insert(self, path: Path, uid: str) -> None:
        """Index a file; in the application the database reads its header itself."""
        self._files[uid] = str(path)

    def fileForInstance(self, uid: str) -> str:
        return self._files.get(uid, "")

"""The look into Slicer's public sources finds what is there, and nothing else."""

from __future__ import annotations

import pytest

from Testing.slicer_environment.sources import Sources, is_there

FILES = {
    "slicer/Base/Python/slicer/util.py": "def loadUI(path):\n",
    "slicer/Base/QTGUI/qSlicerApplication.h": "signals:\n  void startupCompleted();\n",
    "slicer/Libs/MRML/vtkMRMLSliceNode.h": "class EXPORT vtkMRMLSliceNode : public Y { JumpSlice };\n",
    "ctk/Libs/ctkPathLineEdit.h": "class CTK_EXPORT ctkPathLineEdit : public QWidget\n",
    "python_qt/core.h": "class PythonQtWrapper_QTimer : public QObject\n"
    "  void static_QTimer_singleShot(int  msec);\n"
    "enum E{ Checked = Qt::Checked};\n",
    "qt/qprocess.h": "    enum ProcessError {\n        FailedToStart\n    };\n"
    "    void finished(int exitCode, QProcess::ExitStatus exitStatus);\n",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    root = tmp_path_factory.mktemp("sources")
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Sources(*(root / name for name in Sources._fields))


@pytest.mark.parametrize(
    ("there", "absent"),
    [
        ("qt.QTimer", "qt.QTimers"),
        ("qt.QTimer.singleShot", "qt.QTimer.doubleShot"),
        ("qt.Qt.Checked", "qt.Qt.Chekked"),
        ("qt.QProcess.FailedToStart", "qt.QProcess.FailedToStop"),
        ("ctk.ctkPathLineEdit", "ctk.ctkPath"),
        ("slicer.util.loadUI", "slicer.util.load"),
        ("slicer.app.startupCompleted", "slicer.app.startup"),
        ("slicer.vtkMRMLSliceNode.JumpSlice", "slicer.vtkMRMLSliceNode.Jump"),
        ("finished(int,QProcess::ExitStatus)", "finished(QString)"),
        ("startupCompleted()", "startupCompleted(int)"),
    ],
)
def test_names_are_found_where_they_are_declared(sources: Sources, there: str, absent: str) -> None:
    assert is_there(there, sources)
    assert not is_there(absent, sources)

"""The result folder is removed while it is written: before each of its files in turn."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import pytest
from OrganSegLib import label_files, mesh_files, tables
from OrganSegLib.errors import OutputError
from OrganSegLib.export import write_results
from OrganSegLib.pipeline import Segmentation

from Testing.unit.shapes import two_organs

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    ("module", "writer"),
    [
        (label_files, "write_nifti"),
        (label_files, "write_seg_nrrd"),
        (label_files, "write_labels_json"),
        (tables, "write_csv"),
        (mesh_files, "write_stl"),
        (mesh_files, "write_glb"),
        (tables, "write_json"),
    ],
)
def test_it_is_told_and_the_next_run_works(
    module: ModuleType, writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, found = tmp_path / "out", Segmentation.of(*two_organs(), run={"model": "tiny"})
    write = getattr(module, writer)

    def remove_and_write(*arguments: object) -> None:
        shutil.rmtree(folder)
        write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, writer, remove_and_write)
        with pytest.raises(OutputError) as caught:
            write_results(folder, found, picture=False)
    assert caught.value.code == "output.not_writable"
    assert caught.value.next_step
    assert list(tmp_path.iterdir()) == []
    write_results(folder, found, picture=False)
    assert (folder / "labels.json").exists()

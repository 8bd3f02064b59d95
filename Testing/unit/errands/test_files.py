"""Result files written by the child, of organs that a user may have edited."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from OrganSegLib import protocol
from OrganSegLib.errands import files
from OrganSegLib.errands.files import Order, write, write_request
from OrganSegLib.errors import OutputError
from OrganSegLib.export import RESULTS
from OrganSegLib.formats import Choices
from OrganSegLib.phantom import make_phantom, write_dicom_series
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.progress import Progress
from OrganSegLib.proximity import Target, measure_proximity, read_proximity
from OrganSegLib.quality.remembered import remember
from OrganSegLib.quality.uncertainty import UNCERTAIN
from OrganSegLib.results import load_results
from OrganSegLib.volume import Labelmap, Scan


@pytest.fixture(scope="module")
def person() -> tuple[Scan, Labelmap]:
    return make_phantom(seed=3, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")


@pytest.fixture
def private(tmp_path: Path) -> Path:
    folder = tmp_path / "private"
    folder.mkdir()
    return folder


@pytest.fixture
def _without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture is drawn then, which takes longer than all else."""
    monkeypatch.setattr(files, "find_spec", lambda _: None)


def ask(private: Path, person: tuple[Scan, Labelmap], facts: dict[str, Any], order: Order) -> Any:
    line = protocol.encode(write_request(1, private, *person, facts, order))
    (request,) = protocol.Decoder().feed(line)
    return write(request, Progress())


def test_the_folder_can_be_opened_again(private: Path, person: tuple[Scan, Labelmap], tmp_path: Path) -> None:
    order = Order(str(tmp_path / "Výsledky"), ("ct",))
    answer = ask(private, person, {"model": "organs", "notes": []}, order)
    assert {Path(file).name for file in answer["files"]} == {*RESULTS, "ct.nii.gz"}
    again = load_results(tmp_path / "Výsledky")
    assert again.run["model"] == "organs"
    np.testing.assert_array_equal(again.labelmap.voxels, person[1].voxels)
    np.testing.assert_array_equal(again.scan.voxels, person[0].voxels)


@pytest.mark.usefixtures("_without_matplotlib")
def test_doubts_of_the_network_stay_with_organs_as_they_were(
    private: Path, person: tuple[Scan, Labelmap], tmp_path: Path
) -> None:
    scan, labels = person
    found = Segmentation.of(scan, labels, {})
    doubted = [replace(organ, flags=(UNCERTAIN,), entropy=0.4, border_entropy=0.5) for organ in found.trust]
    facts = {"remembered": remember(found.measurements, doubted)}
    edited = labels.voxels.copy()
    edited[tuple(np.argwhere(edited == 1)[0])] = 0
    ask(private, (scan, replace(labels, voxels=edited)), facts, Order(str(tmp_path / "out")))
    written = json.loads((tmp_path / "out" / "measurements.json").read_text(encoding="utf-8"))
    uncertain = {
        organ["label"]: organ["trust"]["flags"][:1] for organ in written["organs"] if organ["voxels"]
    }
    assert uncertain.pop(1) != [asdict(UNCERTAIN)]
    assert all(first == [asdict(UNCERTAIN)] for first in uncertain.values())
    assert "remembered" not in written["run"]


@pytest.mark.usefixtures("_without_matplotlib")
def test_the_report_tells_of_distances_and_names_the_patient_of_the_volumes_own_files(
    private: Path, person: tuple[Scan, Labelmap], tmp_path: Path
) -> None:
    scan, labels = person
    near = measure_proximity(labels, Target.of_organ(labels, "gallbladder"), [5.0])
    series = sorted(write_dicom_series(scan, tmp_path / "series").iterdir())
    order = Order(
        str(tmp_path / "out"), ("report",), dicom_files=tuple(map(str, series)), proximity=asdict(near)
    )
    ask(private, person, {}, order)
    found = read_proximity(tmp_path / "out")
    assert found is not None
    assert found.target == "gallbladder"
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Distances" in page
    assert "PHANTOM" in page


@pytest.mark.usefixtures("_without_matplotlib")
@pytest.mark.parametrize("identity", [True, False])
def test_a_name_that_the_user_gave_stays_out_of_anonymous_results(
    identity: bool, private: Path, person: tuple[Scan, Labelmap], tmp_path: Path
) -> None:
    near = measure_proximity(person[1], Target.of_point((0.0, 0.0, 0.0), 5.0, "Lesion of Jana"), ())
    order = Order(str(tmp_path / "out"), choices=Choices(identity), proximity=asdict(near))
    ask(private, person, {}, order)
    written = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert any(b"Jana" in content for content in written) is identity


@pytest.mark.usefixtures("_without_matplotlib")
def test_earlier_results_are_not_replaced_unasked(
    private: Path, person: tuple[Scan, Labelmap], tmp_path: Path
) -> None:
    order = Order(str(tmp_path / "out"))
    ask(private, person, {}, order)
    with pytest.raises(OutputError) as caught:
        ask(private, person, {}, order)
    assert caught.value.code == "output.exists"
    ask(private, person, {}, replace(order, overwrite=True))

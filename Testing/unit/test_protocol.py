import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from OrganSegLib import protocol
from OrganSegLib.errors import WorkerError
from OrganSegLib.organs import catalogue
from OrganSegLib.pipeline import Options, Segmentation
from OrganSegLib.surfaces import extract_surfaces, mesh
from OrganSegLib.volume import Grid, Labelmap, Note, Scan, Source

GRID = Grid((8, 9, 10), (1.0, 1.5, 2.0), (-3.0, 4.0, 5.5), (0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), json_values, max_size=4), max_size=4), st.integers(1, 40))
def test_messages_survive_any_cutting_of_the_stream(messages: list[protocol.Message], size: int) -> None:
    stream = b"".join(protocol.encode(message) for message in messages)
    decoder = protocol.Decoder()
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert [message for piece in pieces for message in decoder.feed(piece)] == messages


def test_paths_travel_as_ascii() -> None:
    line = protocol.encode({"folder": "/home/Müller ř/漢字\n"})
    assert line.isascii()
    assert line.count(b"\n") == 1


def test_undefined_numbers_are_never_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        protocol.encode({"fraction": float("nan")})


@pytest.mark.parametrize("line", [b"Traceback (most recent call last):\n", b"[1, 2]\n", b"\xff\xfe\n", b"\n"])
def test_garbage_has_a_name(line: bytes) -> None:
    with pytest.raises(WorkerError) as caught:
        protocol.Decoder().feed(line)
    assert caught.value.code == "worker.garbage"


def test_an_endless_line_is_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LONGEST_LINE", 100)
    with pytest.raises(WorkerError) as caught:
        protocol.Decoder().feed(b"x" * 101)
    assert caught.value.code == "worker.garbage"


def test_a_scan_goes_over_without_its_source(tmp_path: Path) -> None:
    voxels = np.arange(GRID.voxels, dtype=np.int16).reshape(GRID.shape)
    scan = Scan(voxels, GRID, Source("/data/secret name", "DICOM"), (Note("input.padding", "Padded."),))

    request = protocol.segment_request(3, Path("model"), Options(("liver",)), tmp_path, scan)
    request = json.loads(json.dumps(request))
    got = protocol.get_scan(request["scan"], tmp_path)

    assert "secret" not in json.dumps(request)
    assert isinstance(got.voxels, np.memmap)
    np.testing.assert_array_equal(got.voxels, voxels)
    assert got.grid == GRID
    assert got.notes == scan.notes
    assert protocol.options_of(request["options"]) == Options(("liver",))


def test_a_result_comes_back_equal(tmp_path: Path) -> None:
    organs = dict(enumerate(list(catalogue().values())[:3], 1))
    labels = np.zeros(GRID.shape, np.uint8)
    labels[2:6, 2:6, 2:6], labels[6:8, 2:6, 2:6] = 1, 3
    scan = Scan(np.full(GRID.shape, 40, np.int16), GRID)
    labelmap = Labelmap(labels, GRID, organs)
    surfaces = extract_surfaces(labelmap)
    doubt = np.arange(GRID.voxels, dtype=np.uint16).reshape(GRID.shape).astype(np.uint8)
    sent = replace(Segmentation.of(scan, labelmap, surfaces, {"seconds": {"predict": 1}}), uncertainty=doubt)

    facts = json.loads(protocol.encode(protocol.put_result(sent, tmp_path)))
    got = protocol.get_result(facts, tmp_path, scan)
    protocol.discard(tmp_path)

    np.testing.assert_array_equal(got.labelmap.voxels, labels)
    assert got.labelmap.organs == organs
    assert got.measurements == sent.measurements
    assert got.trust == sent.trust
    assert any(organ.flags for organ in got.trust)
    assert got.run == sent.run
    np.testing.assert_array_equal(got.uncertainty, doubt)
    assert got.surfaces.keys() == {1, 3}
    for label in got.surfaces:
        for mine, theirs in zip(mesh(got.surfaces[label]), mesh(surfaces[label]), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert not tmp_path.exists()


def test_discarding_spares_what_is_not_ours(tmp_path: Path) -> None:
    protocol.put_scan(Scan(np.zeros((1, 1, 1), np.int16), Grid((1, 1, 1), (1.0, 1.0, 1.0))), tmp_path)
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(OSError, match="not empty"):
        protocol.discard(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_a_surface_that_cannot_be_stored_is_an_error(tmp_path: Path) -> None:
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[1:3, 1:3, 1:3] = 1
    grid = Grid((4, 4, 4), (1.0, 1.0, 1.0))
    labelmap = Labelmap(labels, grid, {1: next(iter(catalogue().values()))})
    result = Segmentation.of(Scan(labels, grid), labelmap)
    (tmp_path / protocol.SURFACE[1].format(1)).mkdir()
    with pytest.raises(WorkerError) as caught:
        protocol.put_result(result, tmp_path)
    assert caught.value.code == "worker.no_space"


def test_options_round_trip() -> None:
    options = Options(organs=None, device="cpu", runtime="torch", surfaces=False)
    assert protocol.options_of(json.loads(json.dumps(asdict(options)))) == options

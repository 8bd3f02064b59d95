"""NRRD and MetaImage headers that ITK would believe too readily, or wait on for ever."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib.ingest import read_study
from OrganSegLib.volume import Grid

from Testing.unit.ingest.tiny_ct import body, codes, refused

GRID = Grid((32, 24, 12), (1.5, 1.25, 2.0), (-20.0, 10.0, 300.0))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes the volume and replaces lines of its header."""

    def write(name: str, **lines: str | None) -> Path:
        path = tmp_path / name
        sitk.WriteImage(GRID.image(body()), str(path))
        wanted = {field.replace("_", " ").encode(): line for field, line in lines.items()}
        out, found = [], set()
        for line in path.read_bytes().split(b"\n"):
            field = next((field for field in wanted if line.startswith(field) and field not in found), None)
            found |= {field}
            replaced = wanted.get(field, line.decode("latin-1")) if field else line.decode("latin-1")
            out += [] if replaced is None else [replaced.encode("latin-1")]
        assert wanted.keys() <= found
        path.write_bytes(b"\n".join(out))
        return path

    return write


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("scan.nrrd", {"space_directions": "space directions: (1.5,0,0) (0,1.25,0) (0,0,nan)"}),
        ("scan.nrrd", {"space_origin": "space origin: (nan,nan,nan)"}),
        ("scan.mha", {"Offset": "Offset = nan 1 1"}),
        ("scan.mha", {"ElementSpacing": "ElementSpacing = 1.5 abc 2"}),
        ("scan.mha", {"TransformMatrix": "TransformMatrix = 1 0 0 0 1 0 0 0 inf"}),
    ],
)
def test_place_that_is_no_number(write: Callable[..., Path], name: str, lines: dict[str, str]) -> None:
    assert "no number" in refused(write(name, **lines), "input.bad_geometry").sentence


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("scan.mha", {"ElementSpacing": "ElementSpacing = 1.5 1.25 2\nElementSpacing = 9 9 9"}),
        ("scan.mha", {"DimSize": "DimSize = 32 24 12\nDimSize = 24 32 12"}),
        ("scan.nrrd", {"sizes": "sizes: 32 24 12\nsizes: 24 32 12"}),
    ],
)
def test_field_that_is_there_twice(write: Callable[..., Path], name: str, lines: dict[str, str]) -> None:
    refused(write(name, **lines), "input.unreadable")


@pytest.mark.parametrize("dimensions", ["-1", "0", "100", "1000", "three"])
def test_dimensions_that_nobody_has(write: Callable[..., Path], dimensions: str) -> None:
    """ITK's reader ends the whole process over some of them."""
    refused(write("scan.mha", NDims=f"NDims = {dimensions}"), "input.unreadable")


@pytest.mark.parametrize("line", ["dimension: {}", "space: {}", "{}", "{}: 1", "sizes: {} 24 12"])
def test_line_that_is_too_long(write: Callable[..., Path], line: str) -> None:
    """ITK's reader ends the whole process over it."""
    refused(write("scan.nrrd", type=f"type: short\n{line.format('7' * 5000)}"), "input.unreadable")


def test_truncated_file_of_long_name(tmp_path: Path) -> None:
    """As for a line, there is no room for a path in the reader's messages."""
    folder = tmp_path.joinpath(*["x" * 200] * 9)
    folder.mkdir(parents=True)
    path = folder / "scan.nrrd"
    sitk.WriteImage(GRID.image(body()), str(tmp_path / "scan.nrrd"))
    path.write_bytes((tmp_path / "scan.nrrd").read_bytes()[:-5000])
    assert "longer" in refused(path, "input.bad_name").sentence


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("scan.nrrd", {"type": "\n".join([*(f"key{n}:=spacings: {n}" for n in range(400)), "type: short"])}),
        (
            "scan.mha",
            {"NDims": "\n".join(["NDims = 3", *(f"Name{n} = ElementSize = 9" for n in range(400))])},
        ),
    ],
)
def test_long_header(write: Callable[..., Path], name: str, lines: dict[str, str]) -> None:
    scan = read_study(write(name, **lines))
    np.testing.assert_array_equal(scan.voxels, body())
    np.testing.assert_allclose(scan.grid.affine, GRID.affine)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("scan.mha", {"TransformMatrix": None}),
        ("scan.nrrd", {"space:": "space: 3D-right-handed"}),
    ],
)
def test_unstated_orientation_is_doubtful(
    write: Callable[..., Path], name: str, lines: dict[str, str]
) -> None:
    assert codes(read_study(write(name, **lines)).notes) == ["input.no_orientation"]


@pytest.mark.parametrize(
    "source", ["missing.raw", "pipe", ".", "/dev/zero", "LIST", "scan%d.raw 1 2000000000 1", "x" * 5000]
)
@pytest.mark.parametrize(
    ("name", "field"), [("scan.mhd", "ElementDataFile = "), ("scan.nhdr", "data file: ")]
)
def test_voxels_that_are_nowhere(
    write: Callable[..., Path], tmp_path: Path, source: str, name: str, field: str
) -> None:
    """Nobody waits for a pipe, nor looks for two billion files."""
    os.mkfifo(tmp_path / "pipe")
    path = write(name, **{field.split()[0]: f"{field}{source}"})
    refused(path, "input.unreadable" if len(source) > 255 else "input.no_data_file")


PACKED = {"scan.nrrd": "encoding: gzip", "scan.mha": "CompressedData = True"}


def write_packed(path: Path) -> tuple[bytes, bytes]:
    """A file with compressed voxels; its header and those."""
    sitk.WriteImage(GRID.image(body()), str(path), useCompression=True)
    content = path.read_bytes()
    assert PACKED[path.name].encode() in content
    mark = b"\n\n" if path.suffix == ".nrrd" else b"ElementDataFile = LOCAL\n"
    at = content.index(mark) + len(mark)
    return content[:at], content[at:]


@pytest.mark.parametrize("name", PACKED)
def test_every_damage_of_compressed_voxels_is_seen(tmp_path: Path, name: str) -> None:
    """ITK reads over most of them, with other voxels or with what was in memory."""
    path = tmp_path / name
    header, packed = write_packed(path)
    np.testing.assert_array_equal(read_study(path).voxels, body())
    for at in range(12, len(packed), len(packed) // 20):
        spoilt = bytearray(packed)
        spoilt[at] ^= 4
        path.write_bytes(header + spoilt)
        refused(path, "input.unreadable")
    path.write_bytes(header + packed[:-1])
    refused(path, "input.unreadable")


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("size", ["32 24 13", "32 24 11"])
def test_more_or_fewer_compressed_voxels_than_stated(tmp_path: Path, name: str, size: str) -> None:
    path = tmp_path / name
    header, packed = write_packed(path)
    path.write_bytes(header.replace(b"32 24 12", size.encode()) + packed)
    refused(path, "input.unreadable")


@pytest.mark.parametrize("name", PACKED)
def test_bomb_behind_the_voxels_is_not_inflated(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    header, packed = write_packed(path)
    packer = zlib.compressobj(wbits=31 if packed.startswith(b"\x1f") else 15)
    bomb = packer.compress(body().astype("<i2").tobytes()) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    bomb += zeros * 40_000
    told = f"CompressedDataSize = {len(packed)}".encode()
    path.write_bytes(header.replace(told, f"CompressedDataSize = {len(bomb)}".encode()) + bomb)
    refused(path, "input.unreadable")


@pytest.mark.parametrize("told", [b"", b"CompressedDataSize = 100\n"])
def test_compressed_voxels_of_unknown_length(tmp_path: Path, told: bytes) -> None:
    path = tmp_path / "scan.mha"
    header, packed = write_packed(path)
    stated = f"CompressedDataSize = {len(packed)}\n".encode()
    assert stated in header
    path.write_bytes(header.replace(stated, told) + packed)
    refused(path, "input.unreadable")

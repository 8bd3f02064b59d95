"""Zip archives: read like a folder, and never trusted."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.ingest import inspect_study, read_study

from Testing.unit.ingest.tiny_ct import body, refused, write_series


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, to see what is left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "study.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for file in write_series(tmp_path / "dicom"):
            bundle.write(file, f"study/Série 1/{file.name}")
    return path


def test_zip_is_read_like_its_folder_and_leaves_nothing(archive: Path, temporary_folder: Path) -> None:
    scan = read_study(archive)
    np.testing.assert_array_equal(scan.voxels, body())
    assert scan.source.path == str(archive)
    assert scan.source.files == ()
    assert inspect_study(archive).size == (32, 24, 12)
    assert list(temporary_folder.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../evil.dcm", "/etc/evil.dcm", "a/../../evil.dcm", "C:\\evil.dcm", "..\\evil.dcm"]
)
def test_escape_from_the_folder_is_refused(tmp_path: Path, temporary_folder: Path, name: str) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(name, b"evil")
    assert "outside" in refused(path, "input.unsafe_archive").sentence
    assert list(temporary_folder.iterdir()) == []
    assert not (tmp_path / "evil.dcm").exists()


def test_bomb_is_refused_unopened(tmp_path: Path, temporary_folder: Path) -> None:
    path = tmp_path / "bomb.zip"
    block = bytes(2**20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
        for n in range(3):
            with bundle.open(f"{n}.dcm", "w") as member:
                member.write(block)
    # What the archive claims is judged: nobody unpacks gigabytes to find out.
    content = path.read_bytes()
    path.write_bytes(_claiming(content, 2**30))
    assert "GB" in refused(path, "input.unsafe_archive").sentence
    assert list(temporary_folder.iterdir()) == []


def test_bomb_of_members_that_share_their_bytes_is_refused(tmp_path: Path, temporary_folder: Path) -> None:
    """Each member claims the bytes of the first one, so that none of them looks packed too tightly."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("0.dcm", np.random.default_rng(0).bytes(2**20) + bytes(2**24))
        first = bundle.infolist()[0]
        for n in range(1, 200):
            copy = zipfile.ZipInfo(f"{n}.dcm")
            copy.compress_type, copy.flag_bits = first.compress_type, first.flag_bits
            copy.CRC, copy.file_size, copy.compress_size = first.CRC, first.file_size, first.compress_size
            copy.header_offset = first.header_offset
            bundle.filelist.append(copy)
    assert "GB" in refused(path, "input.unsafe_archive").sentence
    assert list(temporary_folder.iterdir()) == []


def _claiming(content: bytes, size: int) -> bytes:
    """The archive with every entry of its directory claiming ``size`` bytes."""
    out = bytearray(content)
    at = out.find(b"PK\x01\x02")
    while at >= 0:
        out[at + 24 : at + 28] = size.to_bytes(4, "little")
        at = out.find(b"PK\x01\x02", at + 4)
    return bytes(out)


def test_archive_larger_than_the_disk_is_refused(
    archive: Path, monkeypatch: pytest.MonkeyPatch, temporary_folder: Path
) -> None:
    full = shutil.disk_usage(temporary_folder)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    refused(archive, "input.disk_full")


def test_password_is_asked_for_elsewhere(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    archive.write_bytes(content)
    refused(archive, "input.encrypted_archive")


def test_member_without_a_name(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr("name", b"nobody")
    content = bytearray(archive.read_bytes())
    # The name becomes an extra field without content, before the bytes and in the directory.
    for signature, lengths, name in ((b"PK\x03\x04", 26, 30), (b"PK\x01\x02", 28, 46)):
        at = content.rindex(signature)
        content[at + lengths : at + lengths + 4] = b"\x00\x00\x04\x00"
        content[at + name : at + name + 4] = b"\x99\x99\x00\x00"
    archive.write_bytes(content)
    refused(archive, "input.damaged_archive")


def test_damaged_archives(archive: Path, temporary_folder: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[300:900] = bytes(600)
    archive.write_bytes(content)
    refused(archive, "input.damaged_archive")
    archive.write_bytes(content[:2000])  # a download that broke off
    refused(archive, "input.damaged_archive")
    assert list(temporary_folder.iterdir()) == []


def test_archive_without_study(tmp_path: Path) -> None:
    path = tmp_path / "papers.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("letter.txt", "no images")
    refused(path, "input.no_dicom")
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("folder/", "")
    refused(path, "input.empty_folder")

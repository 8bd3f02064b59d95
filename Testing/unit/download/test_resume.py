"""Connections that break off: what came is kept, and the rest alone is fetched."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from OrganSegLib.download import RemoteFile, fetch
from OrganSegLib.errors import DownloadError

from Testing.unit.download.server import PIECE, Served

CONTENT = b"voxels " * 100_000
PART = ".scan.nii.gz.part"


def remote(url: str, pinned: bool = True) -> RemoteFile:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return RemoteFile(url, digest, len(CONTENT)) if pinned else RemoteFile(url)


def broken_off(server: Served, folder: Path, pinned: bool = True, behaviour: str = "broken") -> None:
    """Leave a part of the file in the folder."""
    with pytest.raises(DownloadError) as caught:
        fetch(remote(f"{server.url}/{behaviour}/scan.nii.gz", pinned), folder, loopback=True)
    assert caught.value.code == "download.offline"
    assert sorted(path.name for path in folder.iterdir()) == [PART, f"{PART}.json"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    assert CONTENT.startswith((folder / PART).read_bytes())
    server.ranges.clear()


def moved_on(server: Served, folder: Path, behaviour: str, pinned: bool = True) -> list[str | None]:
    """Complete the file from the same server in better health; which ranges were asked for."""
    notes = json.loads((folder / f"{PART}.json").read_text())
    notes["address"] = f"{server.url}/{behaviour}/scan.nii.gz"
    (folder / f"{PART}.json").write_text(json.dumps(notes))
    got = fetch(remote(notes["address"], pinned), folder, loopback=True)
    assert got.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [got]
    return [wanted for _, wanted in server.ranges]


def test_one_call_goes_on_after_a_cut(server: Served, tmp_path: Path) -> None:
    got = fetch(remote(f"{server.url}/cut/scan.nii.gz"), tmp_path, loopback=True)
    assert got.read_bytes() == CONTENT
    wanted = [None, *(f"bytes={n * PIECE}-" for n in range(1, 4))]
    assert [asked for _, asked in server.ranges] == wanted


@pytest.mark.parametrize("pinned", [True, False])
def test_the_next_call_goes_on_where_the_last_stopped(server: Served, tmp_path: Path, pinned: bool) -> None:
    broken_off(server, tmp_path, pinned)
    assert moved_on(server, tmp_path, "plain", pinned) == [f"bytes={PIECE}-"]


def test_a_server_that_ignores_ranges_sends_all_anew(server: Served, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    assert moved_on(server, tmp_path, "unranged") == [f"bytes={PIECE}-"]


@pytest.mark.parametrize("pinned", [True, False])
def test_parts_of_two_versions_are_never_joined(server: Served, tmp_path: Path, pinned: bool) -> None:
    server.files["scan.nii.gz"] = CONTENT[:PIECE].upper() + CONTENT[PIECE:]
    with pytest.raises(DownloadError):
        fetch(remote(f"{server.url}/broken/scan.nii.gz", pinned), tmp_path, loopback=True)
    server.ranges.clear()
    server.files["scan.nii.gz"], server.version = CONTENT, '"2"'
    assert moved_on(server, tmp_path, "plain", pinned) == [f"bytes={PIECE}-"]


def test_without_version_only_a_known_content_goes_on(server: Served, tmp_path: Path) -> None:
    server.version = None
    for pinned, wanted in ((True, [f"bytes={PIECE}-"]), (False, [None])):
        broken_off(server, tmp_path / str(pinned), pinned)
        assert moved_on(server, tmp_path / str(pinned), "plain", pinned) == wanted


def test_a_server_that_sends_another_part_is_asked_for_all(server: Served, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    with pytest.raises(DownloadError) as caught:
        fetch(remote(f"{server.url}/liar/scan.nii.gz"), tmp_path, loopback=True)
    assert caught.value.code == "download.offline"
    assert None in [wanted for _, wanted in server.ranges]


def test_a_part_beyond_the_end_is_forgotten(server: Served, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    with (tmp_path / PART).open("ab") as file:
        file.write(CONTENT)
    assert moved_on(server, tmp_path, "plain") == [f"bytes={PIECE + len(CONTENT)}-", None]


def test_a_part_that_was_whole_needs_no_server(server: Served, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    (tmp_path / PART).write_bytes(CONTENT)
    assert moved_on(server, tmp_path, "plain") == []


@pytest.mark.parametrize("notes", ["", "[]", "{", '{"address": "http://127.0.0.1/other"}'])
def test_a_part_of_which_nothing_is_known_is_checked_all_the_same(
    server: Served, tmp_path: Path, notes: str
) -> None:
    (tmp_path / PART).write_bytes(b"other")
    (tmp_path / f"{PART}.json").write_text(notes)
    got = fetch(remote(f"{server.url}/plain/scan.nii.gz", pinned=False), tmp_path, loopback=True)
    assert got.read_bytes() == CONTENT


def test_a_server_that_falls_silent_is_given_up(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("OrganSegLib.download.connection.TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr("OrganSegLib.download.receive.ATTEMPTS", 1)
    broken_off(server, tmp_path, behaviour="gate")


def test_less_than_promised_is_a_cut(server: Served, tmp_path: Path) -> None:
    broken_off(server, tmp_path, pinned=False, behaviour="short")


def test_a_damaged_part_is_found_out(server: Served, tmp_path: Path) -> None:
    broken_off(server, tmp_path)
    (tmp_path / PART).write_bytes(b"x" * PIECE)
    with pytest.raises(DownloadError) as caught:
        moved_on(server, tmp_path, "plain")
    assert caught.value.code == "download.checksum"
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_place_of_a_part_is_not_followed(server: Served, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / f"{PART}.json").symlink_to(tmp_path / "mine")
    fetch(remote(f"{server.url}/plain/scan.nii.gz"), folder, loopback=True)
    assert (tmp_path / "mine").read_text() == "mine"

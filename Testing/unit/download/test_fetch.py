"""One file: whole and right under its name, or not at all."""

from __future__ import annotations

import hashlib
import resource
import shutil
from pathlib import Path

import pytest
from OrganSegLib.download import EXAMPLE_CT, RemoteFile, fetch, require_space
from OrganSegLib.errors import Cancelled, DownloadError
from OrganSegLib.locks import held
from OrganSegLib.progress import Progress

from Testing.unit.download.server import Served

CONTENT = b"voxels " * 100_000


def remote(url: str, content: bytes = CONTENT) -> RemoteFile:
    digest = hashlib.sha256(content).hexdigest()
    return RemoteFile(url, digest, len(content), "CC0-1.0", command="organseg segment scan.nii.gz")


def refused(file: RemoteFile, folder: Path, loopback: bool = True) -> DownloadError:
    """The error of a download that must fail and leave nothing behind."""
    with pytest.raises(DownloadError) as caught:
        fetch(file, folder, loopback=loopback)
    assert not folder.exists() or list(folder.iterdir()) == []
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize("behaviour", ["plain", "moved", "slow", "endless"])
def test_fetches_reports_progress_and_fetches_once(server: Served, tmp_path: Path, behaviour: str) -> None:
    told: list[float] = []
    progress = Progress(listener=lambda stage, fraction: told.append(fraction))
    folder = tmp_path / "not yet there"
    file = remote(f"{server.url}/{behaviour}/scan.nii.gz")

    got = fetch(file, folder, progress, loopback=True)
    before = len(server.ranges)
    again = fetch(file, folder, loopback=True)

    assert got == again == folder / "scan.nii.gz"
    assert got.read_bytes() == CONTENT
    assert got.stat().st_mode & 0o077 == folder.stat().st_mode & 0o077 == 0
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(server.ranges) == before
    assert list(folder.iterdir()) == [got]


def test_a_slow_server_delays_no_progress(server: Served, tmp_path: Path) -> None:
    told: list[float] = []
    progress = Progress(listener=lambda stage, fraction: told.append(fraction))
    fetch(remote(f"{server.url}/slow/scan.nii.gz"), tmp_path, progress, loopback=True)
    assert len(told) > 5


def test_a_file_of_unknown_content_is_taken_as_it_comes(server: Served, tmp_path: Path) -> None:
    for behaviour in ("plain", "endless"):
        file = RemoteFile(f"{server.url}/{behaviour}/scan.nii.gz")
        assert fetch(file, tmp_path / behaviour, loopback=True).read_bytes() == CONTENT


def test_md5_counts_where_a_publisher_states_no_more(server: Served, tmp_path: Path) -> None:
    url = f"{server.url}/plain/scan.nii.gz"
    right, wrong = (hashlib.md5(content, usedforsecurity=False).hexdigest() for content in (CONTENT, b""))
    assert refused(RemoteFile(url, md5=wrong, command="x"), tmp_path).code == "download.checksum"
    assert fetch(RemoteFile(url, md5=right), tmp_path, loopback=True).read_bytes() == CONTENT


def test_a_damaged_copy_is_fetched_again(server: Served, tmp_path: Path) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(b"damaged")
    got = fetch(remote(f"{server.url}/plain/scan.nii.gz"), tmp_path, loopback=True)
    assert got.read_bytes() == CONTENT


@pytest.mark.parametrize("behaviour", ["plain", "endless"])
@pytest.mark.parametrize("expected", [CONTENT.upper(), CONTENT + b"more", CONTENT[:-1]])
def test_another_content_is_thrown_away(
    server: Served, tmp_path: Path, expected: bytes, behaviour: str
) -> None:
    error = refused(remote(f"{server.url}/{behaviour}/scan.nii.gz", expected), tmp_path)
    assert error.code == "download.checksum"


@pytest.mark.parametrize(
    ("path", "words"), [("plain/other.nii.gz", "404 Not Found"), ("busy/scan.nii.gz", "503 Service")]
)
def test_a_refusal_is_named(server: Served, tmp_path: Path, path: str, words: str) -> None:
    error = refused(remote(f"{server.url}/{path}"), tmp_path)
    assert error.code == "download.refused"
    assert words in error.sentence
    assert ("later" in error.next_step) == ("503" in words)


def test_offline_says_what_to_do(tmp_path: Path) -> None:
    error = refused(remote("http://127.0.0.1:9/scan.nii.gz"), tmp_path)
    assert error.code == "download.offline"
    assert "http://127.0.0.1:9/scan.nii.gz on another computer" in error.next_step
    assert error.next_step.endswith("organseg segment scan.nii.gz")


def test_a_folder_that_cannot_be_made(server: Served, tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file")
    with pytest.raises(DownloadError) as caught:
        fetch(remote(f"{server.url}/plain/scan.nii.gz"), occupied / "cache", loopback=True)
    assert caught.value.code == "download.not_writable"


def test_space_is_checked_before_anything_comes(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=len(CONTENT) - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: full)
    error = refused(RemoteFile(f"{server.url}/gate/scan.nii.gz", command="x"), tmp_path)
    assert error.code == "download.no_space"
    assert "ORGANSEG_CACHE" in error.next_step
    require_space(tmp_path / "not yet there", len(CONTENT) - 1)


def test_a_disk_that_fills_up_is_named(server: Served, tmp_path: Path) -> None:
    """Files of this process may not grow as large: to a program it is as if the disk were full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, limits[1]))
    try:
        error = refused(remote(f"{server.url}/plain/scan.nii.gz"), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.code == "download.no_space"


@pytest.mark.parametrize("reports", [0, 3])
def test_a_cancelled_download_leaves_nothing(server: Served, tmp_path: Path, reports: int) -> None:
    told: list[float] = []
    progress = Progress(lambda stage, fraction: told.append(fraction), lambda: len(told) == reports)
    with pytest.raises(Cancelled):
        fetch(remote(f"{server.url}/slow/scan.nii.gz"), tmp_path, progress, loopback=True)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_write_one_file(server: Served, tmp_path: Path) -> None:
    with held(tmp_path / ".scan.nii.gz.lock"), pytest.raises(DownloadError) as caught:
        fetch(remote(f"{server.url}/plain/scan.nii.gz"), tmp_path, loopback=True)
    assert caught.value.code == "download.busy"
    assert server.ranges == []


def test_the_public_ct_is_pinned() -> None:
    assert EXAMPLE_CT.url.startswith("https://github.com/wasserth/TotalSegmentator/raw/")
    assert EXAMPLE_CT.name == "example_ct.nii.gz"
    assert len(bytes.fromhex(EXAMPLE_CT.sha256)) == 32

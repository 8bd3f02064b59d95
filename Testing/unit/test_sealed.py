from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from OrganSegLib.sealed import CHECKSUMS, damage, remove_unfinished, write_sealed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sealed é"
    with write_sealed(folder) as new:
        (new / "a.txt").write_text("one")
        (new / "b.txt").write_text("two")
    return folder


def test_an_untouched_folder_is_whole(folder: Path) -> None:
    assert damage(folder, ("a.txt", "b.txt")) is None


def test_the_checksums_are_those_of_sha256sum(folder: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", CHECKSUMS], cwd=folder, check=True)


def test_it_is_readable_by_everybody_and_leaves_nothing_beside_it(folder: Path) -> None:
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in folder.iterdir())
    assert list(folder.parent.iterdir()) == [folder]


def test_a_changed_file_is_seen(folder: Path) -> None:
    (folder / "b.txt").write_text("2wo")
    assert damage(folder, ()) == "b.txt is missing or differs from its checksum"


def test_a_missing_file_is_seen(folder: Path) -> None:
    (folder / "a.txt").unlink()
    assert damage(folder, ()) == "a.txt is missing or differs from its checksum"


def test_a_required_file_must_be_listed(folder: Path) -> None:
    assert damage(folder, ("c.txt",)) == "SHA256SUMS does not list c.txt"


def test_missing_or_unreadable_checksums_are_seen(folder: Path) -> None:
    (folder / CHECKSUMS).write_bytes(b"\xff\xfe\x00")
    assert damage(folder, ()) == "its file SHA256SUMS cannot be read"
    assert damage(folder / "nowhere", ()) == "its file SHA256SUMS cannot be read"


@pytest.mark.parametrize(
    "name",
    ["../secret.txt", "/etc/hostname", "inner/a.txt", "", "..", "a\0", "\x1b[2J", "C:a.txt", "a" * 300],
)
def test_a_listed_path_outside_is_not_followed(folder: Path, name: str) -> None:
    (folder / CHECKSUMS).write_text(f"{'0' * 64}  {name}\n")
    assert damage(folder, ()) == f"{name[:64]!r} lies outside of the folder"


def test_a_symbolic_link_to_the_outside_is_not_followed(folder: Path) -> None:
    outside = folder.parent / "one.txt"
    outside.write_text("one")
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to(outside)
    assert damage(folder, ("a.txt",)) == "'a.txt' lies outside of the folder"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", [CHECKSUMS, "a.txt"])
def test_a_pipe_is_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert damage(folder, ("a.txt",)) is not None


@pytest.mark.parametrize("name", [CHECKSUMS, "a.txt"])
def test_a_file_without_end_is_not_read(folder: Path, name: str) -> None:
    os.truncate(folder / name, 2**40)  # takes no room on the disk, and an hour to read
    assert damage(folder, ("a.txt",)) is not None


def test_a_failed_writing_leaves_the_older_folder(folder: Path) -> None:
    def write_half() -> None:
        with write_sealed(folder) as new:
            (new / "a.txt").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert damage(folder, ("a.txt", "b.txt")) is None
    assert list(folder.parent.iterdir()) == [folder]


def test_a_newer_folder_replaces_the_older(folder: Path) -> None:
    with write_sealed(folder) as new:
        (new / "c.txt").write_text("three")
    assert sorted(path.name for path in folder.iterdir()) == [CHECKSUMS, "c.txt"]
    assert list(folder.parent.iterdir()) == [folder]


def test_what_a_killed_writer_left_is_removed(folder: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from OrganSegLib.sealed import write_sealed\n"
        "with write_sealed(Path(sys.argv[1])) as new: (new / 'a').touch(); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    assert killed.returncode != 0
    assert len(list(folder.parent.iterdir())) == 3
    remove_unfinished(folder.parent)
    assert list(folder.parent.iterdir()) == [folder]
    assert damage(folder, ("a.txt",)) is None


def test_what_is_being_written_stays(folder: Path) -> None:
    with write_sealed(folder) as new:
        remove_unfinished(folder.parent)
        assert new.is_dir()

"""A server with one file, for all tests of downloads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from Testing.unit.download.server import Served, serving

CONTENT = b"voxels " * 100_000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Served]:
    with serving({"scan.nii.gz": CONTENT}) as served:
        yield served

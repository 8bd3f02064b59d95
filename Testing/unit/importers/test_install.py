"""What an import finds of earlier ones that were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from OrganSegLib.importers import import_models

from Testing.unit.importers.nnunet_models import write_model

KILLED = """
import os, signal, sys
from pathlib import Path
from OrganSegLib import sealed
from OrganSegLib.importers import Choice, import_models
sealed.sha256 = lambda path: os.kill(os.getpid(), signal.SIGKILL)  # when all is written but the checksums
import_models([Path(sys.argv[1])], Choice("killed"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_what_a_killed_import_left_goes_at_the_next(places: tuple[Path, Path], tmp_path: Path) -> None:
    models, _ = places
    home = write_model(tmp_path / "m")
    engine = str(Path(sys.modules["OrganSegLib"].__path__[0]).parent)
    environment = {**os.environ, "PYTHONPATH": engine}
    done = subprocess.run([sys.executable, "-c", KILLED, str(home)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert list(models.glob(".killed.*"))
    model = import_models([home])
    assert list(models.iterdir()) == [model.folder]

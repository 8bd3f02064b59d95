"""OrganSeg's own training, as its command runs it; prints its speed after the warm-up as JSON."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

from organseg_training.fit import fit, log_entries

from .busy import GpuBusy
from .data import config_of


def main(folder: Path, asked: dict[str, Any]) -> None:
    """Train; the log tells when which iteration was done."""
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    busy = GpuBusy()
    threading.Thread(target=_watch, args=(run, busy), daemon=True).start()
    fit(config_of(asked), folder / "cases", run)
    first, *_, last = log_entries(run)
    steps = int(last["iteration"] or 0) - int(first["iteration"] or 0)
    seconds = float(last["seconds"] or 0) - float(first["seconds"] or 0)
    print(json.dumps({"patches_per_s": steps * asked["batch"] / seconds, **busy.stop()}))


def _watch(run: Path, busy: GpuBusy) -> None:
    """Look at the GPU from the first line of the log on, which is the end of the warm-up."""
    while not log_entries(run):
        time.sleep(0.05)
    busy.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))

"""The share of time in which the GPU computes, as its driver tells."""

from __future__ import annotations

import shutil
import subprocess
from statistics import mean

COMMAND = [
    "nvidia-smi",
    "--query-gpu=utilization.gpu",
    "--format=csv,noheader,nounits",
    "--id=0",
    "-lms",
    "200",
]


class GpuBusy:
    """Samples from `start` to `stop`; without a GPU it has nothing to tell."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        if shutil.which(COMMAND[0]):
            self.process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True)

    def stop(self) -> dict[str, float]:
        """``gpu_busy``, from 0 to 1."""
        if self.process is None:
            return {}
        self.process.terminate()
        samples, _ = self.process.communicate()
        percent = [float(line) for line in samples.splitlines() if line.strip().isdigit()]
        return {"gpu_busy": mean(percent) / 100} if percent else {}

"""Real processes: those that are stopped, and those that share a training."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import torch
from organseg_training.config import Config
from organseg_training.fit import fit, log_entries
from organseg_training.fit.checkpoint import read

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def command(config: Config, cases: Path, run: Path) -> list[str]:
    """``organseg-train fit`` of a new run on prepared cases, as a module's arguments."""
    run.mkdir()
    (run / "cases").symlink_to(cases)
    config.save(run / "asked.yaml")
    return ["organseg_training", "fit", str(run / "asked.yaml"), "--run", str(run)]


def test_signals_stop_with_a_checkpoint(config: Config, cases: Path, tmp_path: Path) -> None:
    config = config.changed(fit__iterations=100_000, fit__workers=1, fit__checkpoint_every=100_000)
    started = {}
    for number in (signal.SIGTERM, signal.SIGINT):  # side by side: importing torch takes longest
        run = tmp_path / number.name
        arguments = [sys.executable, "-m", *command(config, cases, run)]
        started[number] = subprocess.Popen(
            arguments, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
    try:
        for number, process in started.items():
            while not log_entries(tmp_path / number.name):
                assert process.poll() is None
                time.sleep(0.1)
            assert not (tmp_path / number.name / "checkpoint.pt").exists()
            os.killpg(process.pid, number)  # as a terminal and a job scheduler do: its worker hears it, too
        for process in started.values():
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 130, errors
            assert "training.stopped" in errors
    finally:
        for process in started.values():
            process.kill()
    for number in started:
        run = tmp_path / number.name
        stopped = int(read(run / "checkpoint.pt")["iteration"])
        assert stopped == log_entries(run)[-1]["iteration"]
        assert fit(config, cases, run, stop_after=stopped + 2).iterations == stopped + 2


def test_two_processes_learn_what_one_learns(config: Config, cases: Path, tmp_path: Path) -> None:
    """After one step, the optimiser's first moment is a tenth of the gradient."""
    config = config.changed(
        fit__batch_size=2, fit__iterations=1, fit__precision="fp32", fit__clip=1e9, augmentation__enabled=True
    )
    fit(config, cases, tmp_path / "one")
    torchrun = [
        "-m",
        "torch.distributed.run",
        "--nproc-per-node=2",
        f"--master-port={_free_port()}",
        "-m",
        "--",
    ]
    done = subprocess.run(
        [sys.executable, *torchrun, *command(config, cases, tmp_path / "two")],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    one, two = (read(tmp_path / run / "checkpoint.pt") for run in ("one", "two"))
    assert len(two["random"]) == 2
    for number, moments in one["optimiser"]["state"].items():
        gradient, shared = (10 * m["exp_avg"] for m in (moments, two["optimiser"]["state"][number]))
        assert gradient.abs().max() > 0
        torch.testing.assert_close(shared, gradient, rtol=0, atol=1e-5)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

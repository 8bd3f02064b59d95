"""The fuzzing's command line."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from hypothesis.errors import Flaky

from .campaign import BATCH, Offence, run_batch
from .sandbox import Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Try at least so many cases; 1 when one of them ended badly."""
    parser = argparse.ArgumentParser(prog="python -m Testing.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=500, help=f"at least so many, in batches of {BATCH}")
    parser.add_argument("--seed", type=int, default=0, help="of the first batch; each batch has its own")
    choice = parser.parse_args(arguments)
    started, tried, offences = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="organseg-fuzz-") as folder, Sandbox(Path(folder)) as sandbox:
        for number in count(choice.seed):
            if tried >= choice.cases:
                break
            try:
                tried += run_batch(number, sandbox)
            except (Offence, Flaky) as offence:
                tried += BATCH
                offences += 1
                reasons = map(str, getattr(offence, "exceptions", ()))  # of what did not happen twice
                again = f"Again: python -m Testing.fuzz --seed {number} --cases 1\n"
                print(offence, *reasons, again, sep="\n", flush=True)
    print(f"{tried} cases in {time.monotonic() - started:.0f} s, {offences} batches with offences")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())

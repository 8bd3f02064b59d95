"""``python -m organseg_training prepare|fit|evaluate|export CONFIG``: the steps to the built-in weights."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .config import Config


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(prog="organseg_training", description=__doc__)
    parser.add_argument("step", choices=["prepare", "fit", "evaluate", "export"])
    parser.add_argument("config", type=Path)
    parser.add_argument("--run", type=Path, help="working folder (default: training/runs/NAME)")
    parser.add_argument("--iterations", type=int, help="override the configuration's")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", type=Path, help="model folder (default: RUN/model)")
    parser.add_argument("--leave-out", nargs="*", default=[], help="organs that `export` does not ship")
    arguments = parser.parse_args()
    overrides = {"iterations": arguments.iterations} if arguments.iterations else {}
    config = Config.load(arguments.config, **overrides)
    run = arguments.run or Path(__file__).resolve().parents[1] / "runs" / config.name
    import torch

    torch.set_num_threads(arguments.threads)
    if arguments.step == "prepare":
        from .prepare import prepare

        prepare(config, run / "cases")
    elif arguments.step == "fit":
        from .fit import fit

        fit(config, run / "cases", run)
    elif arguments.step == "evaluate":
        from OrganSegLib.model import load_model

        from .evaluate import as_markdown, evaluate

        scores = evaluate(config, load_model(arguments.model or run / "model"), run)
        sys.stdout.write(as_markdown(scores) + "\n")
    else:
        from .export import export

        export(config, run, arguments.model or run / "model", tuple(arguments.leave_out))


if __name__ == "__main__":
    main()

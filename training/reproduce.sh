#!/usr/bin/env bash
# From the raw scans to Resources/Models/organseg-ct-3mm. Goes on from the last checkpoint when run again.
# usage: training/reproduce.sh [CONFIG [--leave-out ORGAN ...]]     (PYTHON: an interpreter with organseg[training] installed)
set -euo pipefail
cd "$(dirname "$0")/.."
config=${1:-training/configs/organseg-ct-3mm.yaml}
python=${PYTHON:-.venv/bin/python}
export PYTHONPATH="OrganSeg:training${PYTHONPATH:+:$PYTHONPATH}"
# Each step frees and takes the same gigabyte: keep it, since first touch of fresh memory costs more than the
# convolutions on a virtual machine (measured: 0.55 s a step without, 0.36 s with these three).
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456
cases="training/runs/$(basename "$config" .yaml)/cases/manifest.json"
[ -e "$cases" ] || "$python" -m organseg_training prepare "$config"
"$python" -m organseg_training fit "$config"
"$python" -m organseg_training export "$config"
"$python" -m organseg_training evaluate "$config"
"$python" -m organseg_training export "$config" "${@:2}" # again, now with its scores

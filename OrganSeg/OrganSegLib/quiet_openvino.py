"""OpenVINO without its telemetry, which tells Google and Intel of every import: take it from here only."""

from __future__ import annotations

import sys

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # how Python says: not to be had

import openvino  # noqa: E402 (after the line above)

__all__ = ["openvino"]

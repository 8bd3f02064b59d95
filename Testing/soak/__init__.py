"""Endurance: many runs in one worker, many clients at once. ``pytest -m soak``."""

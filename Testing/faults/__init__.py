"""Faults, injected for real: full disks, killed processes, stalled drives. ``pytest -m faults``.

Whatever happens, the user gets a sentence in time, no file is half-written, and the next run works.
"""

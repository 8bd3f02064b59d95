"""Fuzzing of ingest: ``python -m Testing.fuzz``.

Hypothesis builds small studies and damages them. Whatever it finds, reading must end in a named error or in a
right result, within limits of time and memory.
"""

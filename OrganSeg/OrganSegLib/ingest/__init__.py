"""Ingest: is this a CT that can be trusted, and where is it in the patient?

One entry, `read_study`, takes a folder, a file or a zip and gives a `Scan` in Hounsfield units on a straight,
even grid, with a `Note` about everything that was repaired. What cannot be repaired honestly is an
`InputError`.
"""

from .report import SeriesSummary, StudyReport, format_report, inspect_study
from .study import read_study

__all__ = ["SeriesSummary", "StudyReport", "format_report", "inspect_study", "read_study"]

"""Families of cases: each a strategy of Hypothesis for damaged studies of one kind."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from ..study import Study
from . import archives, arrays, compressed, enhanced, folders, nifti, places, tags, text_headers

FAMILIES: dict[str, Callable[[], st.SearchStrategy[Study]]] = {
    "tags": tags.studies,
    "places": places.studies,
    "enhanced": enhanced.studies,
    "compressed": compressed.studies,
    "nifti": nifti.studies,
    "nrrd": text_headers.nrrd,
    "metaimage": text_headers.meta_image,
    "archives": archives.studies,
    "folders": folders.studies,
    "arrays": arrays.studies,
}

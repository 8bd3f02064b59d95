"""``SampleData``: remembers what modules register, downloads nothing."""

from typing import Any

import slicer


class SampleDataSource:
    """One downloadable data set."""

    def __init__(self, **described: Any) -> None:
        self.__dict__.update(described)


class SampleDataLogic:
    """Where modules register their data sets."""

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Any = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFiles: bool | None = None,
        loadFileProperties: dict[str, Any] | None = None,
        checksums: Any = None,
    ) -> None:
        source = SampleDataSource(
            sampleName=sampleName,
            uris=uris,
            fileNames=fileNames,
            nodeNames=nodeNames,
            customDownloader=customDownloader,
            thumbnailFileName=thumbnailFileName,
            loadFileTypes=loadFileTypes,
            loadFiles=loadFiles,
            loadFileProperties=loadFileProperties or {},
            checksums=checksums,
        )
        if not hasattr(slicer.modules, "sampleDataSources"):
            slicer.modules.sampleDataSources = {}
        registered = slicer.modules.sampleDataSources.setdefault(category, [])
        if not any(vars(known) == vars(source) for known in registered):
            registered.append(source)

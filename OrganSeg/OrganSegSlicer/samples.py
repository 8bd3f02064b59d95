"""Public CTs in Slicer's Sample Data module, so that a fresh Slicer has something to segment."""

CATEGORY = "OrganSeg"
RELEASE = "https://github.com/Slicer/SlicerTestingData/releases/download/SHA256"
# Name of the sample, name of the node, file, SHA-256. Slicer's own Sample Data module has them too: it says
# whose data it is, and finds its thumbnails by the name of the node.
SAMPLES = (
    (
        "OrganSegLiver",
        "CTLiver",
        "CTLiver.nrrd",
        "e16eae0ae6fefa858c5c11e58f0f1bb81834d81b7102e021571056324ef6f37e",
    ),
    (
        "OrganSegChest",
        "CTChest",
        "CT-chest.nrrd",
        "4507b664690840abb6cb9af2d919377ffc4ef75b167cb6fd0f747befdb12e38e",
    ),
)


def register_samples() -> None:
    """Add them to the module; they are downloaded when the user clicks one."""
    from SampleData import SampleDataLogic

    for name, node, file, digest in SAMPLES:
        SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=name,
            uris=f"{RELEASE}/{digest}",
            fileNames=file,
            nodeNames=node,
            checksums=f"SHA256:{digest}",
        )

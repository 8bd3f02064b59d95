"""Public CTs in Slicer's Sample Data module, so that a fresh Slicer has something to segment."""

CATEGORY = "OrganSeg"
RELEASE = "https://github.com/Slicer/SlicerTestingData/releases/download/SHA256"
# Name, file, SHA-256; whose data it is says Slicer's Sample Data module, which has them too.
SAMPLES = (
    ("OrganSegLiver", "CTLiver.nrrd", "e16eae0ae6fefa858c5c11e58f0f1bb81834d81b7102e021571056324ef6f37e"),
    ("OrganSegChest", "CT-chest.nrrd", "4507b664690840abb6cb9af2d919377ffc4ef75b167cb6fd0f747befdb12e38e"),
)


def register_samples() -> None:
    """Add them to the module; they are downloaded when the user clicks one."""
    from SampleData import SampleDataLogic

    for name, file, digest in SAMPLES:
        SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=name,
            uris=f"{RELEASE}/{digest}",
            fileNames=file,
            nodeNames=name,
            checksums=f"SHA256:{digest}",
        )

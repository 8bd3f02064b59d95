"""What fuzzing knows about the text headers of NRRD and MetaImage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..study import VOXELS

DATA = VOXELS.astype("<i2").tobytes()
SIZES = "16 16 11"


@dataclass(frozen=True)
class TextFormat:
    """A format whose header is lines of text.

    Attributes:
        first: line that comes before all others, or ``""``.
        equals: what stands between a field and its value.
        fields: of the undamaged volume.
        places: those that say where the volume lies, and nothing of its voxels.
        packing: the line that says that the voxels are not compressed, and its counterpart.
        source: the field that names the file with the voxels.
        here: its value where they follow; ``""`` where the field is left out then.
        last: what ends the header.
        extra: lines that have no business in it.
        key: a line that says nothing of the image, with a place for a number.
        endings: of files with voxels, and of headers alone.
    """

    first: str
    equals: str
    fields: Mapping[str, str]
    places: frozenset[str]
    packing: tuple[str, str]
    source: str
    here: str
    last: str
    extra: Sequence[str]
    key: str
    endings: tuple[str, str]

    def lines(self) -> list[str]:
        return [f"{name}{self.equals}{value}" for name, value in self.fields.items()]

    def length(self, packed: bytes) -> list[str]:
        """What must be said of compressed voxels."""
        return [f"CompressedDataSize = {len(packed)}"] if self.here else []

    def file(self, lines: Sequence[str], data: bytes = DATA, source: str = "") -> bytes:
        """A file of ``lines``, followed by ``data`` unless a file for them is named."""
        named = source or self.here
        told = [f"{self.source}{self.equals}{named}"] if named else []
        text = "\n".join([*filter(None, [self.first]), *lines, *told]) + "\n" + self.last
        return text.encode() + (b"" if source else data)


NRRD = TextFormat(
    first="NRRD0004",
    equals=": ",
    fields={
        "type": "short",
        "dimension": "3",
        "space": "left-posterior-superior",
        "sizes": SIZES,
        "space directions": "(1.25,0,0) (0,1.5,0) (0,0,2)",
        "kinds": "domain domain domain",
        "endian": "little",
        "encoding": "raw",
        "space origin": "(-20,-10,100)",
    },
    places=frozenset({"space", "space directions", "space origin"}),
    packing=("encoding: raw", "encoding: gzip"),
    source="data file",
    here="",
    last="\n",
    extra=[
        *("thicknesses: nan nan 2", "axis mins: 0 0 0", "spacings: 1 1 1", "line skip: 1000000000"),
        *(
            "byte skip: -1",
            "byte skip: 9223372036854775807",
            "content: anything",
            "min: nan",
            "units: mm mm mm",
        ),
        *("centerings: cell node ???", "# comment", "key:=value", "measurement frame: (1,0,0) (0,1,0)"),
        *(f"content: {'x' * 30_000}", f"{'x' * 30_000}: 1", f"{'x' * 30_000}:=1"),
        *("sample units: HU", "old max: 1e400", "no field at all", 'labels: "a" "b" "c"'),
    ],
    key="key{}:=",
    endings=("nrrd", "nhdr"),
)
META_IMAGE = TextFormat(
    first="",
    equals=" = ",
    fields={
        "ObjectType": "Image",
        "NDims": "3",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "False",
        "TransformMatrix": "1 0 0 0 1 0 0 0 1",
        "Offset": "-20 -10 100",
        "ElementSpacing": "1.25 1.5 2",
        "DimSize": SIZES,
        "ElementType": "MET_SHORT",
    },
    places=frozenset({"TransformMatrix", "Offset", "ElementSpacing"}),
    packing=("CompressedData = False", "CompressedData = True"),
    source="ElementDataFile",
    here="LOCAL",
    last="",
    extra=[
        *("Comment = anything", "HeaderSize = -1", "HeaderSize = 1000000000", "CompressedDataSize = -1"),
        *("CompressedDataSize = 9223372036854775807", "ElementNumberOfChannels = 3", "Modality = MET_MOD_MR"),
        *("ElementMin = nan", "AnatomicalOrientation = RAI", "ID = abc", "ParentID = 99999999999999999999"),
        *("ElementToIntensityFunctionSlope = 0", "SequenceID = 1 1 1 1", "CenterOfRotation = nan nan nan"),
        *("ElementSize = 9 9 9", "no field at all", f"Comment = {'x' * 30_000}", f"{'x' * 30_000} = 1"),
        *(f"Name = {'1 ' * 20_000}", f"{'x ' * 20_000}"),
    ],
    key="Name{} = ",
    endings=("mha", "mhd"),
)

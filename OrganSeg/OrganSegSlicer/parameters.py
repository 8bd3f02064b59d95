"""What the user chose in the panel; saved with the scene."""

from typing import Annotated

from OrganSegLib.model import DEFAULT_MODEL
from OrganSegLib.runtimes import DEVICES, RUNTIMES
from OrganSegLib.surfaces import SMOOTHING
from slicer import vtkMRMLNode, vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper

MARGINS_MM = (5.0, 10.0)  # 10 mm is the margin that surgeons traditionally plan around a liver metastasis
WIDEST_MM = 50.0


@parameterNodeWrapper
class OrganSegParameterNode:
    """Typed access to the parameters.

    inputVolume - the CT.
    segmentation - where the organs go; a new one is made when there is none.
    model - name of an installed model.
    skippedOrgans - the organs that shall not be segmented.
    device, runtime - what the network runs on.
    keepWarm - leave the worker running for the next click.
    smoothing - steps of smoothing of the surfaces.
    target, targetPart - what distances are measured from: a node, and the id of a segment or point in it.
    margin, secondMargin - radii of safety margins in millimetres; 0 is none.
    followTarget - measure again when target or organs change.
    formats - the further formats that are exported.
    anonymous - leave the patient's identity out of what is exported.
    decimation - how many percent of the triangles exported surfaces lose.
    """

    inputVolume: vtkMRMLScalarVolumeNode
    segmentation: vtkMRMLSegmentationNode
    model: str = DEFAULT_MODEL
    skippedOrgans: list[str]
    device: Annotated[str, Choice(list(DEVICES))] = "auto"
    runtime: Annotated[str, Choice(list(RUNTIMES))] = "auto"
    keepWarm: bool = True
    smoothing: Annotated[int, WithinRange(0, 20)] = SMOOTHING
    target: vtkMRMLNode
    targetPart: str = ""
    margin: Annotated[float, WithinRange(0, WIDEST_MM)] = MARGINS_MM[0]
    secondMargin: Annotated[float, WithinRange(0, WIDEST_MM)] = MARGINS_MM[1]
    followTarget: bool = True
    formats: list[str]
    anonymous: bool = False
    decimation: Annotated[int, WithinRange(0, 95)] = 0

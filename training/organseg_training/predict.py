"""Masks, areas and an animation of a study, found by the engine with the weights of a run or of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from OrganSegLib.export import check_are_free, written_aside
from OrganSegLib.ingest import read_study
from OrganSegLib.label_files import write_labels_json, write_nifti
from OrganSegLib.model import PLAN, Model, load_model
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Labelmap, Scan

from .config import load_config
from .convert import slices_in
from .errors import DataError, TrainingError
from .files import plain_name
from .group import FILE as GROUPS
from .group import Groups
from .native_slices import MaskFormat, NativeSlices, areas_mm2, write_areas, write_masks
from .readers.series import positions_mm, read_series, series_of
from .run_folder import CHECKPOINT, CONFIG, MODEL

Study = Path | tuple[Path, ...]  # what the engine reads, or the single slices of one series
FAST = Options(surfaces=False)
RESULTS = (
    "segmentation.nii.gz",
    "labels.json",
    "areas.csv",
    "areas_summary.csv",
    "animation.gif",
    "slices",
)


def predict(
    run_or_model: Path | Model,
    study: Study,
    output: Path,
    *,
    masks: MaskFormat | None = None,
    animation: bool = True,
    options: Options = FAST,
    overwrite: bool = False,
    progress: Progress = Progress(),
) -> Labelmap:
    """Segment a study and write what was found.

    Args:
        run_or_model: run folder, model folder, or a model.
        study: file or folder that the engine reads, or a folder of groups of slices (see `group.cut`): these
            are segmented one by one and joined again; or single slices for a network of 2D, which may lie
            unevenly: in ``segmentation.nii.gz`` they stand side by side, ``areas.csv`` says where they are.
        output: gets ``segmentation.nii.gz``, ``labels.json``, ``areas.csv`` and ``areas_summary.csv``, and
            ``animation.gif`` and ``slices/`` as asked for.
        masks: also write each slice's mask, named like the slice.
        animation: write the GIF.
        overwrite: replace the results of an earlier prediction.

    Raises:
        InputError, ModelError, ResourceError: from the engine.
        DataError: as `read_series`.
        OutputError: as `check_are_free`, or ``output.not_writable``; nothing is left behind then.
        TrainingError, ConfigError: as `open_model`.
    """
    check_are_free(output, RESULTS, overwrite, str(study) if isinstance(study, Path) else "")
    model = run_or_model if isinstance(run_or_model, Model) else open_model(run_or_model)
    scan, labelmap = _segmented(study, model, options, progress)
    slices = NativeSlices.of(scan)
    if isinstance(study, tuple):
        slices = replace(slices, positions_mm=positions_mm(scan.source.files))
    with written_aside(output, afresh=True) as aside:
        write_nifti(aside / "segmentation.nii.gz", labelmap)
        write_labels_json(aside / "labels.json", labelmap)
        write_areas(aside, areas_mm2(labelmap, slices), slices)
        if masks:
            colours = {value: organ.colour for value, organ in labelmap.organs.items()}
            write_masks(aside / "slices", slices.stacked(labelmap.voxels), slices.names, colours, masks)
        if animation:
            from .animation import write_animation

            write_animation(aside / "animation.gif", scan, labelmap)
    return labelmap


def _segmented(study: Study, model: Model, options: Options, progress: Progress) -> tuple[Scan, Labelmap]:
    if isinstance(study, tuple) or not (study / GROUPS).exists():
        scan = read_series(study, 2) if isinstance(study, tuple) else read_study(study)
        found = segment(scan, model, options, progress)
        return found.scan, found.labelmap
    groups = Groups.load(study / GROUPS)
    hu, labels, number = [], [], len(groups.groups)
    for n, group in enumerate(groups.groups):
        found = segment(
            read_study(study / group.file), model, options, progress.part(n / number, (n + 1) / number)
        )
        hu.append(found.scan.voxels)
        labels.append(found.labelmap.voxels)
    scan = Scan(groups.joined(hu), groups.grid)
    return scan, Labelmap(groups.joined(labels), groups.grid, found.labelmap.organs)


def folders_of(paths: Sequence[Path], output: Path, dimensions: int) -> dict[Path, Study]:
    """Folder for results -> study: ``output``, or for several studies a folder in it named like each.

    Args:
        paths: files and folders. For a network of 2D, a folder of single DICOM slices is as many studies as
            it holds series, each named like its first slice.
        output: folder for all results.
        dimensions: of the network.

    Raises:
        DataError: ``data.double_name`` when two studies have the same name.
    """
    studies = [study for path in paths for study in _studies(path, dimensions)]
    if len(studies) == 1:
        return {output: studies[0][1]}
    folders = {output / name: study for name, study in studies}
    if len(folders) < len(studies):
        raise DataError(
            "data.double_name",
            "Two studies have the same name, so that one's results would replace the other's.",
            "Predict them one by one, each with a folder of its own.",
        )
    return folders


def _studies(path: Path, dimensions: int) -> list[tuple[str, Study]]:
    name = plain_name(path.resolve())
    slices = slices_in(path) if dimensions == 2 and path.is_dir() else []
    series = [tuple(files) for files in series_of(slices).values()]
    if len(series) > 1:
        return [(files[0].stem, files) for files in series]
    return [(name, series[0] if series else path)]


def open_model(run_or_model: Path) -> Model:
    """A model folder as it is; of a run the exported model, exported anew where the run has gone on since.

    Raises:
        TrainingError: ``training.no_model`` when the folder is neither; as `export`.
        ModelError: as `load_model`.
    """
    if (run_or_model / PLAN).exists():
        return load_model(run_or_model)
    config, checkpoint, model = (run_or_model / name for name in (CONFIG, CHECKPOINT, MODEL))
    exported = (model / PLAN).exists()
    if exported and not (checkpoint.exists() and checkpoint.stat().st_mtime > (model / PLAN).stat().st_mtime):
        return load_model(model)
    if not (config.exists() and checkpoint.exists()):
        raise TrainingError(
            "training.no_model",
            f"{run_or_model} is neither a model folder nor the folder of a training.",
            "Name a folder with plan.json or checkpoint.pt in it.",
        )
    from .export import export

    left_out = tuple(load_model(model).plan.training.get("left_out", ())) if exported else None
    return export(load_config(config), run_or_model, model, left_out)

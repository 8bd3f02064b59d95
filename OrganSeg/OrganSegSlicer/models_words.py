"""What is said of models: in the table, in the details below it, and before one is installed."""

from html import escape

from OrganSegLib.errands.models import ListedModel
from slicer.i18n import tr as _

MEGABYTE, GIGABYTE = 1e6, 1e9


def size_words(size: int, exact: bool = True) -> str:
    """Bytes as people say them; ``""`` where nobody knows."""
    if not size:
        return ""
    words = f"{size / GIGABYTE:.1f} GB" if size >= GIGABYTE else f"{size / MEGABYTE:.1f} MB"
    return words if exact else _("about {size}").format(size=words)


def time_words(seconds: float | None) -> str:
    """An expectation, no measurement; ``""`` where there is none."""
    return "" if seconds is None else _("about {seconds} s").format(seconds=round(seconds))


def voxels_words(voxels_mm: tuple[float, ...]) -> str:
    """``3``, or ``0.8 × 0.8 × 3``."""
    sides = voxels_mm if len(set(voxels_mm)) > 1 else voxels_mm[:1]
    return " × ".join(f"{mm:g}" for mm in sides)


def commercial_words(commercial: bool | None) -> str:
    """Whether commercial use is allowed."""
    if commercial is None:
        return _("not stated")
    return _("yes") if commercial else _("no")


def details_of(model: ListedModel) -> str:
    """Rich text with all that is known: licences, whom to cite, and the model's card."""
    facts = [
        (_("Finds"), model.finds),
        (_("Structures"), str(model.structures or "")),
        (_("Licence of the weights"), model.licence),
        (_("Licence of the data"), model.data_licence),
        (_("Commercial use"), commercial_words(model.commercial)),
        (_("Expected"), _expected(model)),
        (_("Cite"), model.citation),
    ]
    lines = [f"<b>{escape(model.title)}</b> ({escape(model.name)})"]
    lines += [escape(model.problem)] if model.problem else []
    lines += [f"{escape(title)}: {escape(text)}" for title, text in facts if text]
    lines += map(escape, model.checksums)
    if model.home.startswith("https://"):
        lines.append(f"<a href='{escape(model.home)}'>{escape(model.home)}</a>")
    card = f"<pre style='white-space: pre-wrap'>{escape(model.card)}</pre>" if model.card else ""
    return "<br>".join(lines) + card


def _expected(model: ListedModel) -> str:
    if model.seconds is None or model.memory_gb is None:
        return ""
    told = _("{time} and {gb} GB of memory ({source})")
    return told.format(time=time_words(model.seconds), gb=f"{model.memory_gb:g}", source=model.estimate)


def licence_question(model: ListedModel, download: bool) -> str:
    """What the user agrees to before a public model is installed."""
    lines = [
        f"{model.title}: {model.finds}",
        _("Licence of the weights: {licence}").format(licence=model.licence),
        _("Licence of the data that they learnt from: {licence}").format(licence=model.data_licence),
        _("Commercial use: {allowed}").format(allowed=commercial_words(model.commercial)),
        _("Cite: {citation}").format(citation=model.citation),
        model.home,
    ]
    if download:
        size = size_words(model.size, model.exact) or _("files of unknown size")
        told = _("What will be downloaded: {size} from {hosts}. No image leaves this computer.")
        lines.append(told.format(size=size, hosts=", ".join(model.hosts)))
    lines.append(_("Do you accept the licences?"))
    return "\n\n".join(line for line in lines if line)


def removal_question(model: ListedModel) -> str:
    """What the user agrees to before a model is deleted."""
    return _("Remove {model} from this computer?").format(model=model.title)

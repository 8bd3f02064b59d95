"""Every failure has a name: one exception family that the CLI, the worker and Slicer all show alike."""

from __future__ import annotations

import errno
import traceback
from typing import ClassVar

# Of libraries that could not be loaded, threads that could not be started, C++, torch, CUDA, oneDNN.
SHORT_OF_MEMORY = (
    "out of memory",
    "not enough memory",
    "allocate memory",
    "failed to allocate",
    "can't alloc",
    "alloc_failed",
    "failed to map segment",
    "can't start new thread",
    "resource temporarily unavailable",
    "bad_alloc",
)
# Of a disk: no space left, none for this user, none for so large a file.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class OrganSegError(Exception):
    """Something that the user can understand and act on.

    Args:
        code: stable identifier, ``family.detail`` (``input.not_ct``); programs match on it.
        sentence: what happened, in words a surgeon understands.
        next_step: what to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.next_step = next_step

    def __str__(self) -> str:
        return " ".join(part for part in (self.sentence, self.next_step) if part)

    def to_dict(self) -> dict[str, str]:
        """The same facts as JSON-ready values, for worker events and ``--json-events``."""
        return {"code": self.code, "sentence": self.sentence, "next_step": self.next_step}


class InputError(OrganSegError):
    """The study cannot be used as it is: codes ``input.*``."""

    exit_code = 3


class ModelError(OrganSegError):
    """The model folder is missing, damaged or not understood: codes ``model.*``."""

    exit_code = 4


class OutputError(OrganSegError):
    """Results cannot be written: codes ``output.*``."""

    exit_code = 5


class ResourceError(OrganSegError):
    """Memory, device or runtime does not suffice: codes ``resource.*``."""

    exit_code = 6


class WorkerError(OrganSegError):
    """The child process failed: codes ``worker.*``."""

    exit_code = 7


class DownloadError(OrganSegError):
    """Something could not be fetched or did not match its checksum: codes ``download.*``."""

    exit_code = 8


class Cancelled(OrganSegError):
    """The user stopped the run: code ``cancelled``."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("cancelled", "The work was cancelled; nothing half-done was written.")


FAMILIES: dict[str, type[OrganSegError]] = {
    "input": InputError,
    "model": ModelError,
    "output": OutputError,
    "resource": ResourceError,
    "worker": WorkerError,
    "download": DownloadError,
}


def from_dict(facts: dict[str, str]) -> OrganSegError:
    """Rebuild an error on the other side of a process boundary (inverse of ``to_dict``)."""
    code = facts["code"]
    if code == "cancelled":
        return Cancelled()
    family = FAMILIES.get(code.split(".")[0], OrganSegError)
    return family(code, facts["sentence"], facts.get("next_step", ""))


def is_out_of_memory(error: BaseException) -> bool:
    """True where a library's error means that memory did not suffice."""
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in SHORT_OF_MEMORY)


def named(error: BaseException) -> OrganSegError:
    """``error`` as something that can be shown: never its own text, which may hold patient data."""
    if isinstance(error, OrganSegError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Cancelled()
    if is_out_of_memory(error):
        return ResourceError(
            "resource.memory",
            "The computer ran out of memory.",
            "Close other programs and try again, or use a computer with more memory.",
        )
    if isinstance(error, ImportError):
        return ResourceError(
            "resource.missing_package",
            f"A Python package that OrganSeg needs is missing or damaged ({error.name or 'unnamed'}).",
            "Install OrganSeg again, in the same Python.",
        )
    if isinstance(error, OSError) and error.errno in FULL:
        return ResourceError(
            "resource.disk_full",
            "A disk is full, or files may not grow any larger.",
            "Free some space on the disks of the results and of temporary files, and try again.",
        )
    return OrganSegError(
        "internal",
        f"Something unexpected happened inside OrganSeg ({type(error).__name__}).",
        "Run the command line with `organseg --debug` to see the details, and report them.",
    )


def whereabouts(error: BaseException) -> str:
    """Where an error and those before it came from, for logs: not their words, which may name a patient."""
    told = []
    cause: BaseException | None = error
    while cause is not None:
        told.append("".join(traceback.format_tb(cause.__traceback__)) + type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    return "Traceback, innermost last:\n" + "\nwhich came after:\n".join(told) + "\n"

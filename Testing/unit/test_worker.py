import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from OrganSegLib import protocol, worker
from OrganSegLib.errands.distances import Aim, distances_request, get_distances
from OrganSegLib.errands.files import Order, write_request
from OrganSegLib.errands.models import ModelOrder, get_models, models_request
from OrganSegLib.model import DEFAULT_MODEL, load_model
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.volume import Scan

from Testing.unit.shapes import two_organs

OPTIONS = Options(organs=("liver", "spleen"), device="cpu")


class Conversation:
    """The worker in a thread of this process, spoken to through real pipes."""

    def __init__(self, idle_seconds: float = 60.0) -> None:
        request_read, request_write = os.pipe()
        event_read, event_write = os.pipe()
        self._requests = os.fdopen(request_write, "wb")
        self._events = os.fdopen(event_read, "rb")
        self._theirs = io.FileIO(request_read), io.FileIO(event_write, "w")
        self._thread = threading.Thread(target=self._serve, args=(idle_seconds,))
        self._thread.start()

    def _serve(self, idle_seconds: float) -> None:
        with self._theirs[1] as events:
            worker.serve(self._theirs[0], events, idle_seconds)

    def say(self, **request: Any) -> None:
        self.say_bytes(protocol.encode(request))

    def say_bytes(self, data: bytes) -> None:
        self._requests.write(data)
        self._requests.flush()

    def hear(self) -> protocol.Message:
        (event,) = protocol.Decoder().feed(self._events.readline())
        return event

    def hear_end(self, run: int, meanwhile: Callable[[protocol.Message], None] = lambda event: None) -> Any:
        """The last event of a run."""
        while (event := self.hear())["event"] == "progress":
            assert event["id"] == run
            meanwhile(event)
        assert event["id"] == run
        return event

    def hang_up(self) -> None:
        """Close the worker's input and wait until it has ended."""
        self._requests.close()
        self.wait()

    def wait(self) -> None:
        self._thread.join(60.0)
        assert not self._thread.is_alive()

    def close(self) -> None:
        self.hang_up()
        self._events.close()
        self._theirs[0].close()


@pytest.fixture
def talk() -> Iterator[Conversation]:
    conversation = Conversation()
    assert conversation.hear()["event"] == "ready"
    yield conversation
    conversation.close()


@pytest.fixture(scope="module")
def scan() -> Scan:
    return make_phantom(seed=2, spacing_mm=(6.0, 6.0, 6.0), region="abdomen")[0]


@pytest.fixture
def private(tmp_path: Path) -> Path:
    folder = tmp_path / "private of Zoë"
    folder.mkdir()
    return folder


def test_answers_a_ping(talk: Conversation) -> None:
    talk.say(id=1, op="ping")
    event = talk.hear()
    assert (event["event"], event["id"], event["result"]["pid"]) == ("done", 1, os.getpid())


def test_segments_as_the_pipeline_does(
    talk: Conversation, scan: Scan, tiny_model: Path, private: Path
) -> None:
    here = segment(scan, load_model(tiny_model), OPTIONS)
    fractions: list[float] = []

    talk.say(**protocol.segment_request(7, tiny_model, OPTIONS, private, scan))
    event = talk.hear_end(7, lambda progress: fractions.append(progress["fraction"]))
    there = protocol.get_result(event["result"], private, scan)

    np.testing.assert_array_equal(there.labelmap.voxels, here.labelmap.voxels)
    assert there.measurements == here.measurements
    assert there.surfaces.keys() == here.surfaces.keys()
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_preloads_a_model(talk: Conversation, tiny_model: Path) -> None:
    talk.say(id=1, op="preload", model=str(tiny_model), options={"device": "cpu"})
    event = talk.hear_end(1)
    assert event["event"] == "done"
    assert event["result"]["device"] == "cpu"


def test_measures_distances_with_labels_that_it_keeps(talk: Conversation, private: Path) -> None:
    labels, aim = two_organs()[1], Aim("point", point_mm=(-8.0, -20.0, 300.0))
    talk.say(**distances_request(1, private, labels, aim, [5.0]))
    first = get_distances(talk.hear_end(1)["result"], private)
    talk.say(**distances_request(2, private, None, aim, [5.0]))
    again = get_distances(talk.hear_end(2)["result"], private)
    assert first.proximity == again.proximity


def test_writes_result_files(talk: Conversation, private: Path, tmp_path: Path) -> None:
    talk.say(**write_request(1, private, *two_organs(), {}, Order(str(tmp_path / "out"))))
    files = talk.hear_end(1)["result"]["files"]
    assert str(tmp_path / "out" / "labels.json") in files
    assert all(Path(file).exists() for file in files)


def test_lists_models(talk: Conversation) -> None:
    talk.say(**models_request(1, ModelOrder()))
    listed = get_models(talk.hear_end(1)["result"]).listed
    assert DEFAULT_MODEL in [model.name for model in listed]


def test_cancels_and_goes_on(talk: Conversation, scan: Scan, tiny_model: Path, private: Path) -> None:
    talk.say(id=1, op="cancel")
    talk.say(**protocol.segment_request(1, tiny_model, OPTIONS, private, scan))
    assert talk.hear_end(1)["error"]["code"] == "cancelled"
    talk.say(id=2, op="ping")
    assert talk.hear()["event"] == "done"
    assert (private / protocol.SCAN).exists()  # the client's to remove


def test_hanging_up_during_a_run_ends_it_and_removes_the_scan(
    talk: Conversation, scan: Scan, tiny_model: Path, private: Path
) -> None:
    talk.say(**protocol.segment_request(1, tiny_model, OPTIONS, private, scan))
    talk.hang_up()
    assert talk.hear_end(1)["error"]["code"] == "cancelled"
    assert not private.exists()


def test_errors_keep_their_names(talk: Conversation, private: Path, scan: Scan) -> None:
    talk.say(**protocol.segment_request(1, private / "no model", OPTIONS, private, scan))
    assert talk.hear_end(1)["error"]["code"] == "model.not_found"
    talk.say(id=2, op="dance")
    assert talk.hear_end(2)["error"]["code"] == "worker.bad_request"


def test_the_unexpected_is_told_without_private_words(
    talk: Conversation, scan: Scan, tiny_model: Path, private: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = protocol.segment_request(1, tiny_model, OPTIONS, private, scan)
    request["scan"]["notes"] = [{"Zoë": "is no note"}]
    talk.say(**request)
    error = talk.hear_end(1)["error"]
    assert error["code"] == "internal"
    assert "Zoë" not in str(error)
    printed = capsys.readouterr().err
    assert printed.startswith("Traceback")
    assert printed.endswith("Error\n")
    assert "Zoë" not in printed


def test_garbage_ends_it(talk: Conversation) -> None:
    talk.say_bytes(b"GET / HTTP/1.1\n")
    event = talk.hear()
    assert event["error"]["code"] == "worker.garbage"
    talk.wait()


def test_shutdown_ends_it(talk: Conversation) -> None:
    talk.say(op="shutdown")
    talk.wait()


def test_idleness_ends_it() -> None:
    conversation = Conversation(idle_seconds=0.05)
    conversation.wait()
    conversation.close()


def test_ends_when_nobody_listens(scan: Scan, tiny_model: Path, private: Path) -> None:
    conversation = Conversation()
    conversation.hear()
    conversation._events.close()
    conversation.say(**protocol.segment_request(1, tiny_model, OPTIONS, private, scan))
    conversation.wait()
    assert not private.exists()


def test_ends_when_its_parent_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    pids = iter([100])
    monkeypatch.setattr(os, "getppid", lambda: next(pids, 1))
    conversation = Conversation()
    conversation.wait()
    conversation.close()

"""One way through: which modules a message passes between its trigger and storage."""

import sys
from pathlib import Path
from types import FrameType

import shared
from tests.doubles.world import World

ROOT = f"{Path(shared.__file__).parent}/"
#: What steps stand on and do not go through: data, pure functions, and what a process gives.
_BENEATH = ("rules", "ports", "settings", "storage", "analysis", "handlers", "errors", "telemetry", "runtime", "clock")


def _module(frame: FrameType | None) -> str:
    """Return the module of ours that a frame runs, or that has called what it runs; "" for none."""
    while frame is not None and not frame.f_code.co_filename.startswith(ROOT):
        frame = frame.f_back
    return "" if frame is None else frame.f_code.co_filename[len(ROOT) : -3].replace("/", ".")


def test_a_message_passes_at_most_ten_modules_from_its_trigger_to_the_commit() -> None:
    world, way = World(), list[str]()
    for name in ("first.png", "second.png"):
        world.record_image(name)
    first, message = world.queue.take_texts()
    world.darkroom.receive.receive(first.encode(), owner="queue/1")  # builds what is built when it is first asked for

    def enter(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ROOT):
            module = _module(frame)
            if not module.startswith(_BENEATH) and module != _module(frame.f_back):
                way.append(f"{module}.{frame.f_code.co_name}")

    sys.setprofile(enter)
    world.darkroom.receive.receive(message.encode(), owner="queue/1")
    sys.setprofile(None)
    print("\n".join(way))
    assert len({entry.rpartition(".")[0] for entry in way}) <= 10

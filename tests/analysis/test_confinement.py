"""A child that was taken over tries what a file could make it try: each layer of its confinement refuses its share.

Every act is tried by root and by another user: with no layer, where it succeeds; with each layer that is to refuse it
alone; and with all of them. Each layer has an act of its own, which succeeds when that layer alone is off.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.analysis.sandbox.layers import REQUIRED, Layer, Policy
from shared.errors import NoSandbox
from tests.analysis import other_user
from tests.analysis.attacks import COUNTED, OWN, REFUSED_BY, name_of, sandbox, try_act
from tests.rig import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have none of these layers")
ROOT = Path(__file__).resolve().parents[2]
ALL = frozenset(Layer)
#: What Landlock refuses only from that ABI on.
SINCE = {"connect_by_tcp": 4, "signal_the_parent": 6, "connect_to_an_abstract_socket": 6}
#: What no decoder ever calls.
KILLED = ("invite_a_tracer", "make_a_namespace", "read_the_parents_memory", "run_a_shell", "set_up_io_uring")
#: What some kernels are set up to refuse to everybody.
DISTRUSTED = {"read_the_parents_memory", "trace_the_parent", "open_the_parents_memory", "set_up_io_uring"}
DISTRUSTED |= {"make_a_namespace", "connect_to_an_abstract_socket"}
#: What ``attacks`` prints, as JSON, and who tried.
Ends = dict[str, Any]
#: Whoever is no root is the other user; root's everyday run tries it all once, as root.
TWICE = () if getattr(os, "geteuid", int)() else (pytest.mark.prove("every act again: every day root tries it"),)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that every user may write to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.fixture(scope="module", params=["root", pytest.param("another user", marks=TWICE)])
def ends(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ends:
    """Give what has come of every act, for a parent and a child of this user."""
    staging = tmp_path_factory.mktemp("staging")
    if request.param == "root" and os.geteuid():
        pytest.skip("these tests are not run by root")
    reason = other_user.refusal(staging) if request.param != "root" else ""
    if reason:
        pytest.skip(reason)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        words = ["-m", "tests.analysis.attacks", folder]
        command = [sys.executable, *words] if request.param == "root" else other_user.command(staging, *words)
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "user": {"name": request.param}}


def _layers_against(ends: Ends, act: str) -> tuple[set[Layer], str]:
    """Return the layers that are to refuse an act here; and why others, which this kernel refuses, are not."""
    held, refused = ends["confinement"]
    layers = {layer for layer in REFUSED_BY[act] if layer in held}
    abi = int(held.get(Layer.LANDLOCK, "ABI 0").removeprefix("ABI "))
    if abi < SINCE.get(act, 0):
        layers -= {Layer.LANDLOCK}
    if ends["user"]["name"] == "root":  # who may read everybody's memory, unless a namespace makes it nobody
        layers -= {Layer.PARENT}
    return layers, f"this kernel refuses {refused}; Landlock has ABI {abi}"


def _is_refused(ends: Ends, layers: set[Layer] | frozenset[Layer], act: str) -> bool:
    return str(ends[name_of(layers)][act]).startswith("refused: ")


@pytest.mark.parametrize("act", REFUSED_BY)
def test_an_act_is_one_that_succeeds_where_no_layer_refuses_it(ends: Ends, act: str) -> None:
    if act in DISTRUSTED and ends[""][act] != "done":
        pytest.skip(f"this kernel refuses it by itself: {ends[''][act]}")
    assert ends[""][act] == "done"


@pytest.mark.case("security H1", was="the child reads its parent's environment and memory, calls, runs and forks")
@pytest.mark.parametrize("act", REFUSED_BY)
def test_a_child_that_was_taken_over_is_refused_every_act(
    ends: Ends, act: str, case_result: Callable[[str], None]
) -> None:
    layers, reason = _layers_against(ends, act)
    if not layers:
        pytest.skip(reason)
    assert _is_refused(ends, ALL, act)
    case_result(f"refused by each of {len(layers)} layers")


@pytest.mark.parametrize("act", REFUSED_BY)
def test_each_layer_refuses_its_acts_by_itself(ends: Ends, act: str) -> None:
    layers, reason = _layers_against(ends, act)
    if not layers:
        pytest.skip(reason)
    assert [layer for layer in sorted(layers) if not _is_refused(ends, {layer, Layer.NO_NEW_PRIVS}, act)] == []


@pytest.mark.parametrize("layer", OWN)
def test_an_act_that_one_layer_alone_refuses_succeeds_when_that_layer_is_off(ends: Ends, layer: Layer) -> None:
    assert ends[name_of(ALL - {layer})][OWN[layer]] == "done"


def test_without_seccomp_limits_in_a_namespace_bound_the_processes_of_whoever_is_not_root(ends: Ends) -> None:
    if ends["user"]["name"] == "root":
        pytest.skip("the kernel bounds no processes of root: seccomp refuses them")
    if not ends["confinement"][0].keys() >= COUNTED:
        pytest.skip(_layers_against(ends, "fork_often")[1])
    assert _is_refused(ends, COUNTED, "fork_often")


@pytest.mark.parametrize("act", KILLED)
def test_a_child_that_calls_what_no_decoder_calls_is_killed(ends: Ends, act: str) -> None:
    if Layer.SECCOMP not in ends["confinement"][0]:
        pytest.skip(_layers_against(ends, act)[1])
    assert "SIGSYS" in ends[name_of(ALL)][act]


@pytest.mark.parametrize("folder", [str(ROOT / "shared" / "analysis"), tempfile.gettempdir()])
def test_a_child_that_was_taken_over_plants_no_file(folder: str) -> None:
    box = sandbox(ALL)
    assert [try_act(box, act, folder=folder)[:7] for act in ("write_a_file", "make_an_empty_file")] == ["refused"] * 2
    assert not any(Path(folder, name).exists() for name in ("written", "made"))
    box.close()


def _running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_nothing_of_a_child_outlives_close(open_folder: Path) -> None:
    box = sandbox(ALL)
    assert try_act(box, "fork_away", folder=str(open_folder)).startswith("refused")
    box.close()
    assert list(open_folder.iterdir()) == []


def test_without_seccomp_a_process_outlives_close(open_folder: Path) -> None:
    box, note = sandbox({Layer.DEATH_SIGNAL}), open_folder / "away"
    assert try_act(box, "fork_away", folder=str(open_folder)) == "done"
    pid = int(until(lambda: note.read_text(encoding="ascii") if note.exists() else None, what="it"))
    box.close()
    assert _running(pid)
    os.kill(pid, signal.SIGKILL)


#: Imports no more than it needs: the SDKs of storage take longer than all else here.
PARENT = """
import select, sys
from pathlib import Path
from shared.analysis.sandbox.layers import Layer
from shared.invocation import start
from tests.analysis.attacks import sandbox, try_act
box = sandbox(map(Layer, sys.argv[1].split(",")))
try_act(box, "rest")
pid = next(iter(box._children))._process.pid
start(lambda: try_act(box, "stay"), name="stay")
while Path(f"/proc/{pid}/comm").read_text() != "staying\\n":
    select.select([], [], [], 0.01)
print(pid, flush=True)
sys.stdin.read()
"""


def _orphan(layers: str) -> int:
    """Kill the parent of a child that takes no notice; return the child's id."""
    command, pipe = [sys.executable, "-c", PARENT, layers], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    return pid


def test_a_child_that_takes_no_notice_of_its_parents_end_ends_with_it() -> None:
    pid = _orphan(name_of(ALL))
    until(lambda: not _running(pid), seconds=20, what="the end of the child")


def test_without_the_death_signal_such_a_child_lives_on() -> None:
    pid = _orphan("limits")
    assert _running(pid)
    os.kill(pid, signal.SIGKILL)


def test_the_first_child_says_how_it_is_confined(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "darkroom")
    box = sandbox(ALL)
    for _ in range(2):
        try_act(box, "run_a_shell")
    lines: list[dict[str, Any]] = [json.loads(record.message) for record in caplog.records]
    (event,) = [line for line in lines if line["event"].startswith("first child process")]
    assert box.confinement is not None
    assert (event["layers"], event["refused"]) == (box.confinement.layers, box.confinement.refusals)
    assert {*event["layers"], *event["refused"]} == set(Layer)
    print("layers:", ", ".join(f"{name} {detail}".strip() for name, detail in event["layers"].items()))
    print("refused:", event["refused"] or "none")
    box.close()


def test_required_layers_are_those_that_containers_grant() -> None:
    assert {Layer.LANDLOCK, Layer.SECCOMP, Layer.NO_NEW_PRIVS, Layer.LIMITS} == REQUIRED


def test_where_a_required_layer_is_missing_no_image_is_analysed() -> None:
    box = sandbox(ALL)
    box._policy = Policy(ALL - {Layer.LANDLOCK}, REQUIRED)
    with pytest.raises(NoSandbox, match=r"require, but this platform does not offer landlock \(off\)"):
        try_act(box, "fork")
    assert box._children == set()
    box.close()


def test_a_child_has_its_socket_and_three_descriptors_of_the_null_device() -> None:
    box = sandbox(ALL)
    with tempfile.TemporaryFile() as other:
        os.set_inheritable(other.fileno(), True)
        assert try_act(box, "have_few_descriptors", most=4) == "done"
    assert try_act(box, "have_few_descriptors", most=3) == "refused: EMFILE"
    box.close()

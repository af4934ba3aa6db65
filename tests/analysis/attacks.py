"""Let a child try every act under every set of layers, and print what has come of it as JSON: ``{layers: {act: end}}``.

Run as ``python -m tests.analysis.attacks FOLDER`` by the user whose children try them; anyone may write to the
folder. What is refused here by the kernel's plain rules proves nothing, so they try the acts without layers, too.
"""

import json
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from shared.analysis.interface import Limits, Options, Source
from shared.analysis.sandbox.layers import Layer, Policy
from shared.analysis.sandbox.pool import OVERHEAD_BYTES, ChildLimits, Sandbox
from shared.errors import AnalysisDied

SOURCE = Source(container="images", name="cat.png", etag="0x1", size_bytes=1, declared_type=None)
#: Which layers refuse an act, each by itself. ``NO_NEW_PRIVS`` is always there but for its own act: others need it.
REFUSED_BY: dict[str, set[Layer]] = {
    "read_a_file": {Layer.LANDLOCK},
    "make_an_empty_file": {Layer.LANDLOCK, Layer.SECCOMP},
    "write_a_file": {Layer.LANDLOCK, Layer.SECCOMP, Layer.LIMITS},
    "delete_a_file": {Layer.LANDLOCK, Layer.SECCOMP},
    "read_the_parents_environment": {Layer.LANDLOCK, Layer.NAMESPACES, Layer.PARENT},
    "open_the_parents_memory": {Layer.LANDLOCK, Layer.SECCOMP, Layer.NAMESPACES, Layer.PARENT},
    "read_the_parents_memory": {Layer.LANDLOCK, Layer.SECCOMP, Layer.NAMESPACES, Layer.PARENT},
    "trace_the_parent": {Layer.LANDLOCK, Layer.SECCOMP, Layer.NAMESPACES, Layer.PARENT},
    "invite_a_tracer": {Layer.SECCOMP},
    "signal_the_parent": {Layer.LANDLOCK, Layer.SECCOMP},
    "connect_by_tcp": {Layer.LANDLOCK, Layer.SECCOMP, Layer.NAMESPACES},
    "send_by_udp": {Layer.SECCOMP, Layer.NAMESPACES},
    "connect_to_an_abstract_socket": {Layer.LANDLOCK, Layer.SECCOMP, Layer.NAMESPACES},
    "run_a_shell": {Layer.LANDLOCK, Layer.SECCOMP},
    "fork": {Layer.SECCOMP},
    "fork_often": {Layer.SECCOMP},
    "take_more_processor_time": {Layer.SECCOMP},
    "open_many_files": {Layer.LIMITS},
    "set_up_io_uring": {Layer.SECCOMP},
    "make_a_namespace": {Layer.SECCOMP},
    "be_the_parents_user": {Layer.NAMESPACES},
    "gain_rights_by_programs": {Layer.NO_NEW_PRIVS},
}
#: These together bound processes, of whoever is not root: a user namespace counts the child's own alone.
COUNTED = frozenset({Layer.LIMITS, Layer.NAMESPACES, Layer.NO_NEW_PRIVS})
#: After these a child is not what it was, even where they succeed.
DISRUPTIVE = {"invite_a_tracer", "make_a_namespace", "run_a_shell"}
#: Of each layer, an act that no other one refuses: it succeeds when that layer alone is off.
OWN = {
    Layer.LANDLOCK: "read_a_file",
    Layer.SECCOMP: "take_more_processor_time",
    Layer.LIMITS: "open_many_files",
    Layer.NAMESPACES: "be_the_parents_user",
    Layer.NO_NEW_PRIVS: "gain_rights_by_programs",
}


def name_of(layers: Iterable[Layer]) -> str:
    """Return a set of layers as one text."""
    return ",".join(sorted(layers))


def sandbox(layers: Iterable[Layer]) -> Sandbox:
    """Make a sandbox of one child that does what it is told, in these layers."""
    return Sandbox(
        limits=Limits(),
        thumbnail=None,
        child_limits=ChildLimits(seconds=30, cpu_seconds=5, memory_bytes=OVERHEAD_BYTES),
        policy=Policy(frozenset(layers)),
        options=Options(analyzers=("attacker",)),
        call="tests.doubles.attacker:analyze",
    )


def try_act(box: Sandbox, act: str, **args: object) -> str:
    """Let the child try an act; return its end."""
    data = json.dumps({"act": act, "args": args}).encode()
    try:
        return str(box.analyze(data, source=SOURCE, stop=lambda: False).report["attacker"]["end"])
    except AnalysisDied as died:
        return "done" if "status 7" in str(died) else f"refused: {died}"


def main(folder: Path) -> None:
    """Try all, and print."""
    with ExitStack() as stack:
        args = _arguments(folder, stack)
        found: dict[str, Any] = {}
        for layers, acts in layer_sets():
            box = sandbox(layers)
            found[name_of(layers)] = {act: _try(box, act, args.get(act, {}), folder) for act in acts}
            if layers == set(Layer) and box.confinement:
                found["confinement"] = [box.confinement.layers, box.confinement.refusals]
            box.close()
        print(json.dumps(found))


def layer_sets() -> list[tuple[set[Layer], list[str]]]:
    """Return sets of layers, and the acts to try in each: none, all, each by itself, and all but one."""
    alone = [({each, Layer.NO_NEW_PRIVS}, [act for act in REFUSED_BY if each in REFUSED_BY[act]]) for each in Layer]
    but_one = [(set(Layer) - {each}, [act]) for each, act in OWN.items()]
    every = list(REFUSED_BY)
    # Last those in which the parent hides: it can't come out again.
    return sorted(
        [(set(), every), (set(COUNTED), ["fork_often"]), *alone, (set(Layer), every), *but_one], key=_hides_parent
    )


def _hides_parent(one: tuple[set[Layer], list[str]]) -> bool:
    return Layer.PARENT in one[0]


def _try(box: Sandbox, act: str, args: dict[str, object], folder: Path) -> str:
    (folder / "victim").touch()
    end = try_act(box, act, **args)
    if act in DISRUPTIVE:
        for child in list(box._children):
            child.kill()
    for name in ("written", "made"):
        (folder / name).unlink(missing_ok=True)
    return end


def _arguments(folder: Path, stack: ExitStack) -> dict[str, dict[str, object]]:
    """Listen on sockets to be called at, and say where all is."""
    tcp, udp = stack.enter_context(socket.socket()), stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
    abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
    name = f"darkroom-{os.getpid()}"
    tcp.bind(("127.0.0.1", 0))
    udp.bind(("127.0.0.1", 0))
    abstract.bind(f"\0{name}")
    tcp.listen(64)
    abstract.listen(64)
    return {
        "read_a_file": {"path": "/etc/passwd"},
        "connect_by_tcp": {"port": tcp.getsockname()[1]},
        "send_by_udp": {"port": udp.getsockname()[1]},
        "connect_to_an_abstract_socket": {"name": name},
        "be_the_parents_user": {"uid": os.getuid()},
        **{act: {"folder": str(folder)} for act in ("write_a_file", "make_an_empty_file", "delete_a_file")},
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))

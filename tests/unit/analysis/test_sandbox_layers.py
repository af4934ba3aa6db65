"""Layers are tried one by one: what a platform refuses is named with its reason, and costs no other layer."""

import errno
import json
import logging
import os
import struct
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shared.analysis.interface import Limits
from shared.analysis.sandbox import confinement
from shared.analysis.sandbox.layers import REQUIRED, Confinement, Layer, Policy
from shared.analysis.sandbox.pool import ChildLimits, Sandbox
from shared.errors import NoSandbox

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have none of these layers")
REFUSED = {"seccomp": "Operation not permitted", "namespaces": "Function not implemented"}


def _refuse(number: int) -> Any:  # noqa: ANN401 - in place of anything
    def refuse(*_given: object) -> int:
        raise OSError(number, os.strerror(number))

    return refuse


def test_another_system_refuses_every_layer_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    found = confinement.confine(set(Layer) - {Layer.PARENT})
    assert found == Confinement({}, dict.fromkeys(set(Layer) - {Layer.PARENT}, "not offered by darwin"))
    assert confinement.hide_memory() == Confinement({}, {Layer.PARENT: "not offered by darwin"})


@linux
def test_what_the_kernel_refuses_is_named_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "_landlock", _refuse(errno.ENOSYS))
    monkeypatch.setattr(confinement, "_leave_namespaces", _refuse(errno.EPERM))
    monkeypatch.setattr("os.uname", lambda: SimpleNamespace(machine="riscv64"))
    found = confinement.confine([Layer.LANDLOCK, Layer.NAMESPACES, Layer.SECCOMP])
    assert found.layers == {}
    assert found.refusals == {
        "landlock": "Function not implemented",
        "namespaces": "Operation not permitted",
        "seccomp": "no filter for riscv64",
    }


@linux
@pytest.mark.parametrize(
    ("abi", "files", "net", "scopes"),
    [
        (1, 13, 0, 0),
        (2, 14, 0, 0),
        (3, 15, 0, 0),
        (4, 15, 3, 0),
        (5, 16, 3, 0),
        (6, 16, 3, 3),
        (7, 16, 3, 3),
        (9, 16, 3, 3),
    ],
)
def test_landlock_is_asked_for_what_its_version_knows(
    monkeypatch: pytest.MonkeyPatch, abi: int, files: int, net: int, scopes: int
) -> None:
    calls: list[tuple[Any, ...]] = []

    def landlock(number: int, *arguments: Any) -> int:  # noqa: ANN401 - a system call's
        calls.append((number, *arguments))
        return abi if arguments[-1] == 1 else os.dup(0) if number == 444 else 0

    monkeypatch.setattr(confinement, "_landlock", landlock)
    assert confinement.confine([Layer.LANDLOCK]) == Confinement({"landlock": f"ABI {abi}"}, {})
    assert struct.unpack("=QQQ", calls[1][1]) == (2**files - 1, net, scopes)
    rights = {struct.unpack("=Qi", call[3])[0] for call in calls if call[0] == 445}
    assert rights == {1 << 2, 1 << 2 | 1 << 3}  # to read files and folders
    assert calls[-1][0] == 446


def test_the_folder_of_the_app_is_not_readable() -> None:
    readable = set(map(Path, confinement._readable(["pytest"])))
    root = Path(confinement.__file__).resolve().parents[3]
    assert root not in readable
    assert root / "shared" in readable
    assert not {Path(place) for place in ("/", "/proc", "/etc", tempfile.gettempdir(), "/home", ".")} & readable


def _sandbox(policy: Policy) -> Sandbox:
    child_limits = ChildLimits(seconds=1, cpu_seconds=1, memory_bytes=1)
    return Sandbox(limits=Limits(), thumbnail=None, child_limits=child_limits, policy=policy)


WITHOUT = Policy(frozenset(Layer) - {Layer.PARENT})


def test_where_layers_are_missing_trying_goes_on_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "darkroom")
    sandbox = _sandbox(WITHOUT)
    for _ in range(2):
        sandbox._check_confinement(Confinement({"landlock": "ABI 4"}, REFUSED))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING  # seccomp is one that counts
    assert json.loads(record.message)["refused"] == REFUSED
    assert sandbox.confinement == Confinement({"landlock": "ABI 4"}, REFUSED)


def test_a_layer_that_many_containers_refuse_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "darkroom")
    _sandbox(WITHOUT)._check_confinement(Confinement({}, {"namespaces": "Operation not permitted"}))
    assert [record.levelno for record in caplog.records] == [logging.INFO]


def test_where_a_layer_is_required_its_lack_is_said_with_what_to_do() -> None:
    sandbox = _sandbox(Policy(WITHOUT.layers, REQUIRED))
    with pytest.raises(NoSandbox) as met:
        sandbox._check_confinement(Confinement(dict.fromkeys(REQUIRED - {Layer.SECCOMP}, ""), REFUSED))
    assert str(met.value) == (
        "ANALYSIS_CONFINEMENT is require, but this platform does not offer seccomp (Operation not permitted). No image "
        "is analysed here. Use another platform, or set ANALYSIS_CONFINEMENT to try."
    )
    sandbox._check_confinement(Confinement(dict.fromkeys(REQUIRED, ""), {"namespaces": "Operation not permitted"}))

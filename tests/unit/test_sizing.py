"""What fits into an instance, and how much memory it has."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from shared import wiring
from shared.cli.worker import Plan, consume
from shared.errors import SettingsInvalid
from shared.rules.sizing import OVERHEAD_BYTES, RESERVE_BYTES
from shared.settings import instance
from shared.settings.settings import Settings
from shared.wiring.analyst import analysis_places
from shared.worker import log_lines

MIB, GIB = 1024**2, 1024**3
APP = Path(__file__).resolve().parents[2] / "function_app.py"


def read(memory_bytes: int | None, **environ: str) -> tuple[int, int, int]:
    """Return what images may take together, what one may, and how many are analysed at once."""
    settings = Settings.read(environ, memory_bytes=memory_bytes)
    return settings.analysis_memory_bytes, settings.max_decode_bytes, analysis_places(settings)


@pytest.mark.parametrize("memory_bytes", [None, 2 * GIB, 4 * GIB, 64 * GIB])
def test_where_there_is_room_the_defaults_are_as_ever(memory_bytes: int | None) -> None:
    assert read(memory_bytes) == (1_300_000_000, 512_000_000, 2)


@pytest.mark.parametrize("memory_bytes", [512 * MIB, 512 * MIB + 1, 784 * MIB])
def test_the_smallest_instance_of_flex_consumption_analyses_one_image_at_a_time_in_what_it_has(
    memory_bytes: int,
) -> None:
    assert read(memory_bytes) == (320 * MIB, 192 * MIB, 1)


@pytest.mark.parametrize("memory_mib", [321, 512, 600, 785, 1024, 1431, 1432, 1500])
def test_process_and_children_at_their_limits_fit_into_the_instance(memory_mib: int) -> None:
    together, one, places = read(memory_mib * MIB)
    assert RESERVE_BYTES + places * (one + OVERHEAD_BYTES) <= RESERVE_BYTES + together <= memory_mib * MIB


def refusals(memory_bytes: int, **environ: str) -> list[str]:
    """Return what is wrong with settings on an instance."""
    with pytest.raises(SettingsInvalid) as met:
        Settings.read(environ, memory_bytes=memory_bytes)
    return list(met.value.problems)


def test_what_is_set_and_does_not_fit_is_refused_with_what_would() -> None:
    environ = {"ANALYSIS_MEMORY_BYTES": "1300000000", "MAX_DECODE_BYTES": "512000000"}
    most = {"ANALYSIS_MEMORY_BYTES": "335,544,320", "MAX_DECODE_BYTES": "201,326,592"}
    where = "on an instance with 536,870,912 bytes of memory (or take a larger one)"
    assert refusals(512 * MIB, **environ) == [
        f"{name}: must be at most {bytes_} {where}, but is '{environ[name]}'" for name, bytes_ in most.items()
    ]
    assert Settings.read(environ, memory_bytes=2 * GIB) == Settings.read(environ)


def test_what_is_set_and_fits_counts_and_what_fits_exactly_too() -> None:
    assert read(512 * MIB, ANALYSIS_MEMORY_BYTES="200000000", MAX_DECODE_BYTES="64000000") == (200000000, 64000000, 1)
    assert read(512 * MIB, ANALYSIS_MEMORY_BYTES=str(320 * MIB), MAX_DECODE_BYTES=str(192 * MIB))[2] == 1


def test_an_instance_without_room_for_one_child_is_refused_whatever_is_set() -> None:
    sentence = "must fit into an instance with 336,592,895 bytes of memory: take one with 336,592,896 or more"
    (problem,) = refusals(321 * MIB - 1, ANALYSIS_MEMORY_BYTES="1048576")
    assert problem == f"ANALYSIS_MEMORY_BYTES: {sentence}, but is '1048576'"


def group(root: Path, text: str, **limits: str) -> Path:
    """Write the files by which the system says to which groups a process belongs, and their limits."""
    for name, content in {"proc/self/cgroup": text, **limits}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


V1 = "5:devices:/\n4:cpu,memory:/a/b\n"


@pytest.mark.parametrize(
    ("groups", "limits", "found"),
    [
        ("0::/\n", {"": "536870912\n"}, 536870912),
        ("0::/\n", {"": "max\n"}, 9 * GIB),
        ("0::/a/b\n", {"": "max", "a": "300", "a/b": "max"}, 300),
        ("0::/outside/of/it\n", {"": "400"}, 400),
        ("0::/a\n", {}, 9 * GIB),
        ("", {"": "1"}, 9 * GIB),
    ],
)
def test_the_least_limit_of_all_groups_around_a_process_counts(
    tmp_path: Path, groups: str, limits: dict[str, str], found: int
) -> None:
    files = {f"sys/fs/cgroup/{path}/memory.max": limit for path, limit in limits.items()}
    assert instance.memory_bytes(group(tmp_path, groups, **files), physical=lambda: 9 * GIB) == found


@pytest.mark.parametrize(("limit", "found"), [("700", 700), ("9223372036854771712", 9 * GIB)])
def test_groups_of_the_first_version_count_too(tmp_path: Path, limit: str, found: int) -> None:
    root = group(tmp_path, V1, **{"sys/fs/cgroup/memory/a/memory.limit_in_bytes": limit})
    assert instance.memory_bytes(root, physical=lambda: 9 * GIB) == found


def test_where_the_system_says_nothing_nothing_is_known(tmp_path: Path) -> None:
    assert instance.memory_bytes(tmp_path, physical=lambda: None) is None
    assert instance.memory_bytes(tmp_path, physical=lambda: 700) == 700


def test_this_machine_has_memory() -> None:
    assert (instance.memory_bytes() or 0) > 64 * MIB


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on the smallest instance, with the settings of a larger one; half of it has room for no child."""
    monkeypatch.setattr(instance, "memory_bytes", lambda: 512 * MIB)
    monkeypatch.setattr(wiring, "_built", None)
    monkeypatch.setattr(log_lines, "write_to_stderr", lambda: None)
    monkeypatch.setenv("ANALYSIS_MEMORY_BYTES", "1300000000")


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("start", [wiring.darkroom, lambda: runpy.run_path(str(APP))])
def test_an_app_whose_images_do_not_fit_into_its_instance_does_not_start(start: Callable[[], object]) -> None:
    with pytest.raises(SettingsInvalid, match="ANALYSIS_MEMORY_BYTES: must be at most 335,544,320"):
        start()


@pytest.mark.usefixtures("tiny")
def test_processes_of_a_worker_have_a_share_of_the_instance_each() -> None:
    plan = Plan(slots=None, processes=2, drain=1.0, health=None, handlers=())
    with pytest.raises(SettingsInvalid, match="268,435,456 bytes of memory: take one with 336,592,896 or more"):
        consume({}, plan)

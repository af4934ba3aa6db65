"""The locks against what they are made from and what is installed here, and that of node."""

import json
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from localhost.lock import FUNCTIONS, LOCKS, WORKER, Lock, digest, recorded_digest

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


@pytest.fixture(params=LOCKS, ids=lambda lock: lock.path)
def lock(request: pytest.FixtureRequest) -> Lock:
    """Give each lock."""
    found: Lock = request.param
    return found


def text_of(lock: Lock) -> str:
    """Read a lock."""
    return (ROOT / lock.path).read_text(encoding="utf-8")


def pins(lock: Lock) -> list[tuple[Requirement, list[str]]]:
    """Read each pin of a lock with its hashes."""
    joined = "\n".join(line for line in text_of(lock).splitlines() if not line.startswith("#")).replace("\\\n", " ")
    rows = [line.partition(" --hash") for line in joined.splitlines() if line.strip()]
    return [(Requirement(pin.strip()), re.findall(r"sha256:([0-9a-f]{64})\b", rest)) for pin, _, rest in rows]


def environment(python: str) -> dict[str, str]:
    """Return what markers are held against on a deployment's Linux."""
    own: Mapping[str, object] = default_environment()
    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
    return {**{name: str(value) for name, value in own.items()}, **linux} | {
        "python_version": python,
        "python_full_version": f"{python}.0",
    }


def applies(requirement: Requirement, python: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment(python))


def requirements_of(lines: list[str], python: str) -> list[Requirement]:
    asked = [Requirement(line) for line in lines]
    return [one for one in asked if applies(one, python)]


def lock_versions(lock: Lock, python: str) -> dict[str, str]:
    """Return the version of each package that a lock installs on a Python."""
    chosen = [pin for pin, _ in pins(lock) if applies(pin, python)]
    return {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in chosen}


def test_the_lock_was_made_from_these_requirements(lock: Lock) -> None:
    assert recorded_digest(text_of(lock)) == digest(lock.requirements(ROOT)), "run: python3 dev.py lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_worker_is_installed_with_the_versions_of_the_function_app_and_more(python: str) -> None:
    deployed, worker = (lock_versions(lock, python).items() for lock in (FUNCTIONS, WORKER))
    assert deployed < worker


@pytest.mark.parametrize("python", PYTHONS)
def test_each_requirement_is_pinned_to_a_version_that_it_allows(lock: Lock, python: str) -> None:
    lines = [line for line in lock.requirements(ROOT).splitlines() if line and not line.startswith("#")]
    chosen = lock_versions(lock, python)
    for requirement in requirements_of(lines, python):
        assert requirement.specifier.contains(chosen[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("python", PYTHONS)
def test_a_package_is_pinned_once_on_each_python(lock: Lock, python: str) -> None:
    names = [canonicalize_name(pin.name) for pin, _ in pins(lock) if applies(pin, python)]
    assert len(names) == len(set(names))


def test_each_pin_is_of_one_version_and_has_hashes(lock: Lock) -> None:
    for pin, hashes in pins(lock):
        assert [one.operator for one in pin.specifier] == ["=="]
        assert hashes


def test_whatever_a_pinned_package_requires_is_pinned_as_well(lock: Lock) -> None:
    python = ".".join(default_environment()["python_version"].split(".")[:2])
    chosen = lock_versions(lock, python)
    for name in chosen:
        try:
            asked = requires(name) or []
        except PackageNotFoundError:  # of another platform
            continue
        missing = {canonicalize_name(one.name) for one in requirements_of(asked, python)} - set(chosen)
        assert not missing, name


def test_the_lock_names_no_index_and_no_address(lock: Lock) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text_of(lock))


def test_the_lock_file_of_node_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]

"""All of docs/tutorial.md; its calls alone go every day to the host of test_one_host.py."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rig import ROOT
from tests.tutorial import NEEDS_CURL, follow, steps


@contextmanager
def started(command: str, folder: Path) -> Iterator[str]:
    """Run the command that starts Darkroom; give the URL at which it says that its host is."""
    name, *words = command.split()
    assert name == "python3"
    with subprocess.Popen([sys.executable, *words], cwd=folder, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield (
                next(found[1] for line in running.stdout if (found := re.search(r"(http://127\.0\.0\.1:\d+)", line)))
                + "/"
            )
        finally:
            running.terminate()
            running.communicate(timeout=60)


@NEEDS_CURL
@pytest.mark.prove("it starts storage and a host of its own; every day the calls go to a host that is there")
def test_the_whole_tutorial_works_in_a_fresh_folder(tmp_path: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    for name in (".venv", "node_modules"):  # made a moment ago, from the same files
        (tmp_path / name).symlink_to(ROOT / name)
    ((start,), _), *others = steps()
    with started(start, tmp_path) as url:
        for step in others:
            follow(step, tmp_path, url)

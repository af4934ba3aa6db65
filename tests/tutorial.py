"""The commands of docs/tutorial.md as they stand there, and what they are said to print."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.rig import ROOT, until

NEEDS_CURL = pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
_BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
_API = "http://127.0.0.1:7071/"
Step = tuple[list[str], Any]


def steps() -> Iterator[Step]:
    """Yield the commands of each block, and the part of the last response that is shown below it; None for none."""
    found = _BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8"))
    for (language, text), (next_language, next_text) in zip(found, [*found[1:], ("", "")], strict=True):
        if language == "sh":
            yield text.splitlines(), json.loads(next_text) if next_language == "json" else None


def follow(step: Step, folder: Path, url: str) -> None:
    """Run commands in a folder; a look is repeated until it prints what is shown, because work goes on meanwhile.

    Args:
        step: The commands, and what the last one shows.
        folder: Where they run.
        url: Of the host that takes the place of the tutorial's.
    """
    (*first, last), shown = [line.replace(_API, url) for line in step[0]], step[1]
    for command in first:
        _run(command, folder)
    if shown is None or "--upload-file" in last:
        printed = _run(last, folder)
        assert shown is None or _is_in(shown, json.loads(printed)), printed
    else:
        until(lambda: _is_in(shown, json.loads(_run(last, folder))), what=str(shown))


def _run(command: str, folder: Path) -> str:
    return subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=True).stdout  # noqa: S602


def _is_in(part: Any, whole: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether a value has all of another: a list as many items, an object at least its fields."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(_is_in(value, whole.get(name)) for name, value in part.items())
    if isinstance(part, Sequence) and not isinstance(part, str):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(_is_in, part, whole))
    return bool(part == whole)

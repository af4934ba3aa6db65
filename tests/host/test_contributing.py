"""The recipes of CONTRIBUTING.md work: followed once, all in one copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
#: What recipes change, and what their tests need.
COPIED = ("shared", "localhost", "deploy", "docs", "tests/doubles", "tests/unit")
#: Byte code that a process beside this one is just writing, under a name that is gone when it is done.
HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")
#: A file's name at the beginning of a paragraph, and the block below it.
BLOCKS = re.findall(r"\n`([^`\n]+)`[^\n]*:\n\n```(\w+)\n(.*?)```\n", TEXT, re.DOTALL)
TESTS = [name for name, _, _ in BLOCKS if name.startswith("tests/")]
FOLLOW = (
    "import sys, pytest; sys.exit(__import__('docs.make').make.main() or "
    "pytest.main(['-qW', 'ignore::pytest.PytestAssertRewriteWarning', *sys.argv[1:]]))"
)


def apply_hunk(text: str, diff: str) -> str:
    """Return a text with one hunk applied: it fits at exactly one place."""
    lines = diff.splitlines(keepends=True)
    before, after = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
    assert text.count(before) == 1, before
    return text.replace(before, after)


def test_every_recipe_works(tmp_path: Path) -> None:
    assert len(TESTS) == TEXT.count("\n### Add ") == 5
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=HALF_WRITTEN)
    for path in filter(Path.is_file, [*ROOT.glob("[!.]*.*"), *ROOT.glob("tests/*.py")]):
        shutil.copy2(path, tmp_path / path.relative_to(ROOT))
    for name, language, block in BLOCKS:
        path = tmp_path / name
        path.write_text(block if language == "python" else apply_hunk(path.read_text("utf-8"), block), "utf-8")
    command, environ = [sys.executable, "-c", FOLLOW, *TESTS], {**os.environ, "COVERAGE_PROCESS_CONFIG": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {"settings": "| `DASHBOARD` | `true` |", "api": "| `GET /release` | – | yes |"}
    for document, row in (*rows.items(), ("api", "| 422 | `state_required` |")):
        assert f"\n{row}" in (tmp_path / "docs" / f"{document}.md").read_text("utf-8")

"""Which files of a project are deployed: those that .funcignore leaves, as Azure Functions Core Tools read it.

Their reader is not Git's: each pattern is looked for at the beginning of the path, nothing ends it, and both ``*`` and
``**`` want at least one character. The Azure Developer CLI reads the same file as Git would; a test holds that both
leave the same files here.

Source:
    Azure/azure-functions-core-tools, GitIgnoreParser and FileSystemHelpers.GetLocalFiles; read 2026-11.
    https://github.com/Azure/azure-dev/issues/4381: .funcignore has the syntax of .gitignore there.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

NAME = ".funcignore"
#: What the tools leave out by themselves, whatever .funcignore says.
_FOLDERS = frozenset({".git", ".vscode"})
_FILES = frozenset({NAME, ".gitignore", "appsettings.json", "local.settings.json", "project.lock.json"})


def read(root: Path) -> list[str]:
    """Return the patterns of a project."""
    return (root / NAME).read_text(encoding="utf-8").split()


def is_ignored(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether the tools leave a file at home.

    Args:
        path: From the project's folder, with slashes.
        patterns: Of .funcignore.
    """
    escaped = [re.sub(r"[-\[\]/{}()+?.\\^$|]", r"\\\g<0>", pattern.removeprefix("/")) for pattern in patterns]
    return any(re.match(pattern.replace("**", "(.+)").replace("*", "([^/]+)"), path) for pattern in escaped)


def deployed_files(root: Path) -> list[str]:
    """Return the paths of all files that are deployed, sorted, from the project's folder, with slashes."""
    patterns, found = read(root), list[str]()
    for folder, folders, files in os.walk(root):
        here = Path(folder).relative_to(root)
        # A pattern that matches a folder matches all that is in it: .venv and node_modules are not walked through.
        nested = [name for name in folders if not is_ignored(f"{(here / name).as_posix()}/", patterns)]
        folders[:] = [name for name in nested if name not in _FOLDERS]
        paths = [(here / name).as_posix() for name in files if name not in _FILES]
        found += [path for path in paths if not is_ignored(path, patterns)]
    return sorted(found)

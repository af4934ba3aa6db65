"""Run a command as another user than root, who may read what Python needs and nothing else of root's."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Nobody has it, and it is not the one by which a user namespace shows those that it does not know.
UID = 54321
#: In mounts of its own: puts an empty folder over the one that others may not enter, and Python back into it.
_MOUNTS = """
set -e
home=$1 top=$2 staging=$3; shift 3
if [ -n "$top" ]; then
    mount --bind "$home" "$staging"
    mount -t tmpfs -o mode=755 none "$top"
    mkdir -p "$home"
    mount --bind "$staging" "$home"
fi
exec setpriv --reuid="$0" --regid="$0" --clear-groups "$@"
"""


def command(staging: Path, *arguments: str) -> list[str]:
    """Return the command that runs this Python with these arguments as another user.

    Args:
        staging: An empty folder.
        arguments: Of Python.
    """
    python = [sys.executable, *arguments]
    if os.geteuid():
        return python
    home = Path(sys.base_prefix).resolve()
    hidden = [str(path) for path in reversed([home, *home.parents]) if not path.stat().st_mode & 0o001]
    uid = str(UID)
    return ["unshare", "--mount", "sh", "-c", _MOUNTS, uid, str(home), next(iter(hidden), ""), str(staging), *python]


def refusal(staging: Path) -> str:
    """Say why this machine can't do that; nothing when it can."""
    told = subprocess.run(command(staging, "-c", ""), cwd=ROOT, capture_output=True, text=True, check=False)
    return f"no other user here: {told.stderr.strip()[:200]}" if told.returncode else ""

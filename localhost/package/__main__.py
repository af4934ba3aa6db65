"""``python -m localhost.package``: see ``python3 dev.py package --help``.

Exit status: 0 when the package is made and, with ``--test``, passes on each Python; 1 when not; 2 for a wrong command
line.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence

from localhost.azurite import ROOT
from localhost.install import InstallFailed, ready, say
from localhost.package import archive, trial

PYTHONS = ("3.11", "3.13")


def main(words: Sequence[str]) -> int:
    """Make the package, print what is in it, and try it where that is asked for."""
    options = _parser().parse_args(words)
    try:
        if options.test:
            ready(ROOT, node=True)  # Azurite, which making the package does not need
        files = archive.contents(ROOT)
        path = ROOT / "out" / archive.name(ROOT)
        packed = archive.pack(files)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(packed)
        print(*files, sep="\n")  # noqa: T201 - the task's own output
        digest = hashlib.sha256(packed).hexdigest()
        say(f"{path}: {len(files)} files, {len(packed):,} bytes, sha256 {digest}")
        tried = [trial.attempt(path, each, root=ROOT, environ=os.environ) for each in options.python if options.test]
    except (archive.PackageFailed, InstallFailed) as failure:
        say(f"dev.py package: {failure}")
        return 1
    return 0 if all(tried) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py package", description="Make the zip that is deployed, in out/.")
    parser.add_argument(
        "--test", action="store_true", help="try it: in a new environment for each Python, by the tests of the pipeline"
    )
    parser.add_argument(
        "--python", nargs="+", default=PYTHONS, metavar="VERSION", help="to try it with (default: 3.11 3.13)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

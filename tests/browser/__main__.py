"""Try the page in this machine's Chromium: ``python3 dev.py browser``."""

import argparse
import os
import sys
from collections.abc import Sequence

import pytest

from localhost import chromium
from localhost.install import InstallFailed, say
from tests import proving


def main(words: Sequence[str]) -> int:
    """Run the task; return the exit status: 1 without a browser, or where a test has failed."""
    parser = argparse.ArgumentParser(prog="dev.py browser", description=__doc__, epilog="Other words go to pytest.")
    parser.add_argument("--install", action="store_true", help="install Debian's Chromium by apt first")
    parser.add_argument("--screenshots", action="store_true", help="make docs/images/ anew, and run no test")
    options, rest = parser.parse_known_args(words)
    try:
        if options.install:
            chromium.install()
        say(f"== {chromium.executable()}")
    except (InstallFailed, chromium.NoChromium) as problem:
        say(f"dev.py browser: {problem}")
        return 1
    if options.screenshots:
        from tests.browser.screenshots import make_screenshots  # noqa: PLC0415 - it loads all of Darkroom

        return make_screenshots()
    os.environ.setdefault(proving.VARIABLE, "1")
    return int(pytest.main([*rest] if any("tests/browser" in word for word in rest) else [*rest, "tests/browser"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

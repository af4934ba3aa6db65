"""The ``storage`` task: Azurite alone, where ``UseDevelopmentStorage=true`` points, until a signal."""

import argparse
import sys
import threading
from pathlib import Path

from localhost.azurite import Azurite, AzuriteFailed
from localhost.stop import Stop, Stopped


def main(words: list[str]) -> int:
    """Serve; return 0 after a signal, 1 when Azurite did not start or has ended by itself."""
    parser = argparse.ArgumentParser(prog="dev.py storage", description="Run the storage emulator Azurite alone.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the storage in this folder (default: in memory)")
    data = parser.parse_args(words).data
    with Stop() as stop:
        try:
            with Azurite(data=data and data.absolute(), development=True) as azurite:
                _say(azurite, data)
                _wait(azurite, stop)
        except Stopped:
            return 0
        except (AzuriteFailed, OSError) as failure:
            sys.stderr.write(f"dev.py storage: {failure}\n")
            return 1
    sys.stderr.write("dev.py storage: Azurite ended unexpectedly.\n")
    return 1


def _say(azurite: Azurite, data: Path | None) -> None:
    kept = "in memory only" if data is None else f"in {data.absolute()}"
    sys.stdout.write(
        f"Storage is running, {kept}. Press Ctrl-C to end it. Connect with\nAzureWebJobsStorage={azurite.connection}\n"
    )
    sys.stdout.flush()


def _wait(azurite: Azurite, stop: Stop) -> None:
    """Return when Azurite has ended.

    Raises:
        Stopped: A signal came first.
    """
    waiting = threading.Thread(target=azurite.wait, daemon=True)
    waiting.start()
    while waiting.is_alive():
        stop.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

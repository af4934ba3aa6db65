"""Do the peers' task for each name that comes into a file: ``python -m bench.contest.task_loop FILE``."""

import sys
import threading
from pathlib import Path

from bench.contest.ends import NAME, Ends
from bench.peers import thumbnail_task

#: Between two looks into the file.
_SECONDS = 0.05


def main(file: Path) -> None:
    """Go on until somebody ends it."""
    names = Ends([file], NAME)
    while True:
        for name in names.read():
            thumbnail_task.run(name)
        threading.Event().wait(_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

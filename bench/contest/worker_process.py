"""One process of ``darkroom worker`` with the peers' task as a handler: ``python -m bench.contest.worker_process``.

The command takes no handlers of others, so this imports one and goes on as the command does.
"""

import os
import sys

import bench.contest.task_handler  # noqa: F401 - registers the handler
from shared.cli import worker

DRAIN_SECONDS = 25.0

if __name__ == "__main__":
    sys.exit(worker.consume(os.environ, slots=None, processes=1, drain=DRAIN_SECONDS, at=None))

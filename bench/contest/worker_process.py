"""The worker with the peers' task as a handler: ``python -m bench.contest.worker_process``."""

import logging
import os
import signal
import sys

import bench.contest.task_handler  # noqa: F401 - registers the handler
from shared import wiring
from shared.worker.worker import Worker

SLOTS = 4


def main() -> None:
    """Work until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    worker = Worker(wiring.build(os.environ), slots=SLOTS)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    main()

"""Run one of the benches, or say which there are."""

import signal
import sys
from importlib import import_module

from bench.contest.load import adopt_orphans

#: Each bench, and what it measures.
BENCHES = {
    "all": "all that docs/performance.md has, in order",
    "analysis": "CPU and memory of analyses, beside other libraries",
    "lists": "the first list of jobs and the first figures, over thousands of jobs",
    "dashboard": "the first page in a browser, over thousands of jobs: until its gallery stands, and what it loads",
    "reads": "what the client takes to read an image or a row, beside the SDKs",
    "memory": "memory of workers, hosts and children, by the size of an image",
    "sandbox": "what a child process adds to one image",
    "throughput": "images a second, CPU and requests, beside Celery and dramatiq",
    "latency": "from a message to its result, beside them",
    "kill": "what is lost and done twice when all processes are killed, beside them",
    "idle": "requests a minute without work, beside them; takes more than an hour",
    "cost": "list price of a million images in storage requests, beside them",
    "coldstart": "the import of the app, and CPU from the start to the first result, beside them",
    "locks": "requests of each act on a lock, and of processes that contend for it",
    "scale": "claim and commit in tables of up to 50,000 rows, and what they touch in larger ones",
}


def main(words: list[str]) -> int:
    """Run the bench that the first word names; return the exit status."""
    if not words or words[0] not in BENCHES:
        print("usage: python3 dev.py bench NAME\n", *(f"  {name:12}{what}" for name, what in BENCHES.items()), sep="\n")
        return 2
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # what was started is ended, as by Ctrl-C
    adopt_orphans()
    status: int = import_module(f"bench.{words[0]}").main(words[1:])
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

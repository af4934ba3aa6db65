"""Run one of the benches, or say which there are."""

import sys
from importlib import import_module

#: Each bench, and what it measures.
BENCHES = {
    "analysis": "CPU and memory of analyses, beside other libraries",
    "lists": "the first list of jobs and the first figures, over thousands of jobs",
    "sandbox": "what a child process adds to one image",
}


def main(words: list[str]) -> int:
    """Run the bench that the first word names; return the exit status."""
    if not words or words[0] not in BENCHES:
        print("usage: python3 dev.py bench NAME\n", *(f"  {name:12}{what}" for name, what in BENCHES.items()), sep="\n")
        return 2
    status: int = import_module(f"bench.{words[0]}").main(words[1:])
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

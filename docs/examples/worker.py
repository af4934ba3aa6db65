#!/usr/bin/env python3
"""Count the words in the texts of jobs: an external worker in one file. README.md beside it says how to run it."""

import argparse
import hashlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from darkroom_client import ApiError, Claim, Client


class Stop:
    """Whether a signal has asked the worker to stop. The second signal of a kind ends the process."""

    def __init__(self) -> None:
        self.requested = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request)

    def __call__(self) -> bool:
        """Return whether to stop."""
        return self.requested

    def _request(self, number: int, _frame: FrameType | None) -> None:
        self.requested = True
        signal.signal(number, signal.SIG_DFL)


def work(claim: Claim, stop: Stop, pace_seconds: float) -> None:
    """Do one job, line by line, and end its claim: complete, fail or abandon it."""
    text = claim.params.get("text")
    if not isinstance(text, str):
        claim.fail("no_text", "params.text must be a string")
        return
    words, lines = 0, text.splitlines(keepends=True)
    for done, line in enumerate(lines):
        if claim.lost:
            return
        if stop():
            claim.abandon()
            return
        words += len(line.split())
        threading.Event().wait(pace_seconds)
        claim.progress((done + 1) / len(lines))
    claim.complete({"words": words, "sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()})


def run(options: argparse.Namespace, stop: Stop) -> None:
    """Work until a signal or an option says to stop."""
    done = 0
    with Client(options.url, key=options.key) as client:
        wait = 0 if options.until_empty else options.wait
        for claim in client.claims(
            options.type, stop=stop, until_empty=options.until_empty, lease_seconds=options.lease, wait_seconds=wait
        ):
            try:
                with claim:
                    work(claim, stop, options.pace)
            except ApiError as error:  # another worker has the job by now, or will once its lease is over
                sys.stderr.write(f"job {claim.job.id}: {error}\n")
                continue
            done += 1
            if done == options.count:
                return


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options and work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:7071/api", help="the API's root")
    parser.add_argument(
        "--key", default=os.environ.get("DARKROOM_KEY"), help="visible to others; better set DARKROOM_KEY"
    )
    parser.add_argument("--type", required=True, help="the type of the jobs")
    parser.add_argument("--lease", type=int, help="seconds of protection from one renewal to the next")
    parser.add_argument(
        "--wait", type=int, default=5, help="seconds that a claim waits for a job; a signal waits as long"
    )
    parser.add_argument("--pace", type=float, default=0.0, help="seconds to spend on each line, to watch the worker")
    parser.add_argument("--count", type=int, help="stop after this number of jobs")
    parser.add_argument("--until-empty", action="store_true", help="stop when no job is due")
    try:
        run(parser.parse_args(arguments), Stop())
    except ApiError as error:  # the service refused the claim, and would again
        sys.exit(f"claim: {error}")


if __name__ == "__main__":
    main()

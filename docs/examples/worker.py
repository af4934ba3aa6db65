#!/usr/bin/env python3
"""Count the words of jobs' texts: a worker outside of Darkroom, in one file. See README.md beside it."""

import argparse
import hashlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from darkroom_client import ApiError, Claimed, Client


class Stop:
    """The wish to end, by signal. The handler only notes it; a second signal of the kind ends the process."""

    def __init__(self) -> None:
        self.wanted = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def __call__(self) -> bool:
        """Say whether to end."""
        return self.wanted

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.wanted = True
        signal.signal(number, signal.SIG_DFL)


def work(job: Claimed, stop: Stop, pace_seconds: float) -> None:
    """Do one job, line by line, and tell its end: complete, fail, or given back."""
    text = job.params.get("text")
    if not isinstance(text, str):
        job.fail("no_text", "params.text: want a string")
        return
    words, lines = 0, text.splitlines(keepends=True)
    for done, line in enumerate(lines):
        if job.lost:
            return
        if stop():
            job.abandon()
            return
        words += len(line.split())
        threading.Event().wait(pace_seconds)
        job.progress((done + 1) / len(lines))
    job.complete({"words": words, "sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()})


def run(options: argparse.Namespace, stop: Stop) -> None:
    """Work until there are no jobs, enough are done, or somebody wants an end."""
    done = 0
    with Client(options.url, key=options.key) as client:
        wait = 0 if options.until_empty else options.wait
        for job in client.claims(
            options.type, stop=stop, until_empty=options.until_empty, lease_seconds=options.lease, wait_seconds=wait
        ):
            try:
                with job:
                    work(job, stop, options.pace)
            except ApiError as refusal:  # another has the job by now, or will have it once its lease is over
                sys.stderr.write(f"job {job.job.id}: {refusal}\n")
                continue
            done += 1
            if done == options.count:
                return


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what is wanted, and do it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:7071/api", help="the API's root")
    parser.add_argument("--key", default=os.environ.get("DARKROOM_KEY"), help="better by DARKROOM_KEY: others see this")
    parser.add_argument("--type", required=True, help="of the jobs")
    parser.add_argument("--lease", type=int, help="seconds of protection between renewals")
    parser.add_argument("--wait", type=int, default=5, help="seconds that a claim may wait, and a signal with it")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds that each line takes, to watch it at work")
    parser.add_argument("--count", type=int, help="end after so many jobs")
    parser.add_argument("--until-empty", action="store_true", help="end when a claim finds none")
    try:
        run(parser.parse_args(arguments), Stop())
    except ApiError as refusal:  # of a claim, by what no waiting mends
        sys.exit(f"claim: {refusal}")


if __name__ == "__main__":
    main()

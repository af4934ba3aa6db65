"""One run from beginning to end."""

import concurrent.futures
import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from localhost.azurite import Azurite, AzuriteFailed
from localhost.run.environment import environment
from localhost.run.failures import RunFailed
from localhost.run.hosts import Hosts
from localhost.run.reports import Reports
from localhost.run.run_options import RunOptions, parse
from localhost.run.show import Screen, say_last, screen_for
from localhost.run.watch import PATIENCE_SECONDS, Image, Json, Outcome, Watch
from localhost.stop import Stop, Stopped

UPLOADS_AT_ONCE = 8
#: Where a host has the page for people.
DASHBOARD = "/api/dashboard"


class Jobs(Protocol):
    """What a run asks of storage; see ``pipeline.Pipeline``."""

    def job(self, identity: str) -> Json | None:
        """Return a job; None while it is not recorded."""

    def thumbnail(self, job: Json) -> bytes | None:
        """Return its thumbnail, if it has one."""


class Follower:
    """Bring what storage knows to all who show it.

    Args:
        watch: Where the images stand.
        jobs: Tells how they fare.
        reports: The folder for what they bring.
        screen: Where changes are shown.
        emit: Gets a line for each job that has ended.
    """

    def __init__(
        self, watch: Watch, jobs: Jobs, reports: Reports, screen: Screen, emit: Callable[[bytes], None]
    ) -> None:
        self._watch = watch
        self._jobs = jobs
        self._reports = reports
        self._screen = screen
        self._emit = emit

    def look(self, now: float) -> None:
        """Ask for every job that is under way, and pass on what has changed."""
        for image in self._watch.live:
            if image.job_id is None:
                continue
            changed = self._watch.note_job(image.name, self._jobs.job(image.job_id), now)
            if changed is not None:
                self._pass_on(changed, now)

    def _pass_on(self, image: Image, now: float) -> None:
        if image.ended and image.job is not None:
            self._reports.write(image.name, image.job, self._jobs.thumbnail(image.job))
            self._emit(json_line(image.job))
        self._screen.show_change(image, now)


def json_line(job: Json) -> bytes:
    """Return a job as one line of UTF-8."""
    return (json.dumps(job, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def print_line(line: bytes) -> None:
    """Put a line on stdout at once; in UTF-8, whatever the terminal's encoding."""
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def drop_line(line: bytes) -> None:
    """Take a line that nobody has asked for."""


class Run:
    """Join storage, hosts, uploads and screen for one run."""

    def __init__(self, options: RunOptions, stop: Stop, screen: Screen) -> None:
        self._options = options
        self._stop = stop
        self._screen = screen
        self._storage_ended = threading.Event()

    def go(self) -> int:
        """Return the exit status.

        Raises:
            Exception: One that ``main`` gives a sentence to.
        """
        reports = Reports(self._options.out)
        reports.clear(self._options.files)
        with ExitStack() as stack:
            threading.Thread(target=importlib.import_module, args=("localhost.run.pipeline",), daemon=True).start()
            azurite = stack.enter_context(Azurite(data=self._options.data))
            threading.Thread(target=self._note_end_of_storage, args=(azurite,), daemon=True).start()
            self._stop.check()
            environ = environment(os.environ, azurite.connection)
            hosts = stack.enter_context(Hosts(self._options, environ, self._stop))
            hosts.start()

            from localhost.run.pipeline import Pipeline  # noqa: PLC0415 - slow to load; it loads while Azurite starts

            pipeline = Pipeline(environ)
            pipeline.init()
            hosts.wait_ready()
            self._print_addresses(hosts, azurite)
            watch = Watch(self._options.files, time.monotonic())
            pool = concurrent.futures.ThreadPoolExecutor(UPLOADS_AT_ONCE)
            stack.callback(pool.shutdown, wait=True, cancel_futures=True)
            uploads = {pool.submit(pipeline.upload, name, path): name for name, path in self._options.files.items()}
            emit = print_line if self._options.json else drop_line
            follower = Follower(watch, pipeline, reports, self._screen, emit)
            return self._follow(watch, follower, uploads, hosts)

    def _follow(
        self, watch: Watch, follower: Follower, uploads: dict[concurrent.futures.Future[str], str], hosts: Hosts
    ) -> int:
        """Watch until the run is over; return the exit status."""
        settled = False
        while True:
            now = time.monotonic()
            for upload in [upload for upload in uploads if upload.done()]:
                self._screen.show_change(watch.note_upload(uploads.pop(upload), upload.result(), now), now)
            follower.look(now)
            self._check(hosts)
            outcome = watch.outcome(now)
            if not settled:
                self._screen.frame(watch.images, now)
            if self._options.once and outcome is not Outcome.GOING:
                return self._conclude(watch, outcome)
            if not settled and watch.ended_count == len(watch.images):
                settled = True
                self._screen.note(
                    f"All images have ended. Reports and thumbnails: {self._options.out}. Press Ctrl-C to exit."
                )
            try:
                self._stop.wait()
            except Stopped:
                if settled:
                    return 0
                raise

    def _check(self, hosts: Hosts) -> None:
        """Look whether everything that was started is still there.

        Raises:
            RunFailed: Storage is gone; or with ``--once``, a host.
            HostFailed: All hosts are gone.
        """
        if self._storage_ended.is_set():
            raise RunFailed("Azurite ended unexpectedly.")
        fallen = hosts.check()
        if fallen and self._options.once:
            raise RunFailed(fallen)
        if fallen:
            self._screen.note(fallen)

    def _conclude(self, watch: Watch, outcome: Outcome) -> int:
        if outcome is Outcome.STUCK:
            missing = "\n".join(f"    {line}" for line in watch.missing())
            self._screen.note(f"No image has ended for {PATIENCE_SECONDS:g} s. Still missing:\n{missing}")
        else:
            self._screen.note(f"Reports and thumbnails are in {self._options.out}")
        return outcome.status

    def _print_addresses(self, hosts: Hosts, azurite: Azurite) -> None:
        for number, url in enumerate(hosts.urls, start=1):
            self._screen.note(f"host-{number}: {url}  log: {self._options.out / f'host-{number}.log'}")
        self._screen.note(f"dashboard: {hosts.urls[0]}{DASHBOARD}")
        if not self._options.once:
            self._screen.note(f"storage: {azurite.connection}")

    def _note_end_of_storage(self, azurite: Azurite) -> None:
        azurite.wait()
        self._storage_ended.set()


def main(words: list[str]) -> int:
    """Run; return the exit status."""
    options = parse(words)
    with Stop() as stop:
        try:
            with screen_for(json=options.json) as screen:
                return Run(options, stop, screen).go()
        except Stopped:
            return stop.status
        except BrokenPipeError:  # whoever read our lines has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except (AzuriteFailed, RunFailed, OSError) as failure:
            say_last(str(failure))
            return 1

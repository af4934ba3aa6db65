"""One process of contenders for one lock; run in a process of its own.

Arguments: connection string, lock table, lease in seconds, folder of the critical section, threads, seconds, share of
replies lost, seed. Prints how often its threads have held the lock, and how often they have met somebody inside.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from shared import clock, wiring
from shared.errors import LockHeld
from shared.steps.table_lock import Tenure
from shared.storage import clients
from shared.storage.retries import RetryPolicy
from shared.wiring.steps import Darkroom
from tests.doubles.transports import Forgetful


class Section:
    """A critical section that tells when two are inside: a marker that must be new, and a list without a lock.

    The list is read, made longer by the visitor's token, and written as a whole, with a renewal of the lock between: of
    two who do so at once, one is missing; one who comes late is out of order; one whose lock is gone is ``Stale``.
    """

    def __init__(self, folder: Path) -> None:
        self._marker = folder / "inside"
        self._tokens = folder / "tokens"
        self.entries = 0
        self.violations = 0
        self._tally = threading.Lock()

    def visit(self, tenure: Tenure) -> None:
        """Go in, stay for a renewal, leave the token, go out."""
        try:
            self._marker.touch(exist_ok=False)
        except FileExistsError:
            with self._tally:
                self.violations += 1
            return
        before = self._tokens.read_text()
        tenure.renew()
        self._tokens.write_text(f"{before}{tenure.lock.token}\n")
        self._marker.unlink()
        with self._tally:
            self.entries += 1


def contend(darkroom: Darkroom, section: Section, stop_at: float, name: str) -> None:
    """Hold the lock again and again until the time is over, and this process has been inside, however slow all is."""
    lock = darkroom.sweep.lock
    while clock.monotonic() < stop_at or not section.entries:
        try:
            with lock.acquire("contended", owner=name, timeout=timedelta(seconds=1)) as tenure:
                if not tenure.lost:
                    section.visit(tenure)
        except LockHeld:
            continue


def main(words: list[str]) -> None:
    """Contend, and print what came of it."""
    connection, table, lease, folder, threads, seconds, share, seed = words
    wire = Forgetful(clients.default_transport({}), float(share), int(seed))
    environ = {"AzureWebJobsStorage": connection, "LOCKS_TABLE": table, "LEASE_SECONDS": lease}
    retry = RetryPolicy(first_pause=timedelta(seconds=0.01))
    darkroom = wiring.build(environ, transport=wire, retry=retry)
    section, stop_at = Section(Path(folder)), clock.monotonic() + float(seconds)
    with ThreadPoolExecutor(int(threads)) as pool:
        names = [f"{seed}-{number}" for number in range(int(threads))]
        for ended in [pool.submit(contend, darkroom, section, stop_at, name) for name in names]:
            ended.result()
    print(json.dumps({"entered": section.entries, "violations": section.violations, "lost": wire.lost}))


if __name__ == "__main__":
    main(sys.argv[1:])

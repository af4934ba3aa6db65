"""Upload images side by side, so that the same command goes on after an interruption."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from shared.cli.service import Service, ServiceRefused
from shared.cli.upload_plan import Upload
from shared.runtime import Pools

#: The code of a refusal where another image has the name already.
_MISMATCH = "mismatch"
#: Statuses of HTTP with which a key is refused: all other files would be refused too.
_KEY = frozenset({401, 403})


class Outcome(StrEnum):
    """What became of a file."""

    UPLOADED = "uploaded"
    #: An image of this name is there already, perhaps from an earlier, interrupted run.
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True)
class Receipt:
    """What became of one file.

    Attributes:
        upload: The file.
        outcome: What became of it.
        job_id: Of the job that analyses it, once it is uploaded.
        reason: Why it was refused.
    """

    upload: Upload
    outcome: Outcome
    job_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Uploader:
    """Sends files.

    Attributes:
        service: The API.
        pool: Makes threads that send.
        replace: Whether an image of the same name is replaced; otherwise it is left as it is.
        read_stdin: Returns the whole standard input.
    """

    service: Service
    pool: Pools
    replace: bool = False
    read_stdin: Callable[[], bytes] = field(default_factory=lambda: sys.stdin.buffer.read)

    def send(self, upload: Upload) -> Receipt:
        """Upload one file.

        Raises:
            ServiceDown: The app does not answer; whether the image was taken is not known. Send it again.

        Costs: 1 request of the API.
        """
        try:
            data = self.read_stdin() if upload.path is None else upload.path.read_bytes()
        except OSError as error:
            said = error.strerror or type(error).__name__
            return Receipt(upload, Outcome.REFUSED, reason=f"The file can't be read: {said}.")
        if not data:
            return Receipt(upload, Outcome.REFUSED, reason="The file is empty.")
        headers = {"Content-Type": upload.content_type} | ({} if self.replace else {"If-None-Match": "*"})
        try:
            reply = self.service.call("PUT", f"/images/{upload.name}", data=data, headers=headers)
        except ServiceRefused as refused:
            if refused.code == _MISMATCH and not self.replace:
                return Receipt(upload, Outcome.THERE)
            if refused.status in _KEY:
                raise
            return Receipt(upload, Outcome.REFUSED, reason=str(refused))
        return Receipt(upload, Outcome.UPLOADED, job_id=reply.json(id=str)["id"])

    def send_all(self, uploads: Sequence[Upload], *, parallel: int) -> Iterator[Receipt]:
        """Upload files side by side; yield what became of each as it is known.

        No more files are in memory than are sent at once. After an error nothing more is begun.

        Raises:
            ServiceDown: The app does not answer.
            ServiceRefused: It refuses the key.
        """
        waiting = iter(uploads)
        with self.pool(parallel, "upload") as pool:
            running: set[Future[Receipt]] = {pool.submit(self.send, each) for each in islice(waiting, parallel)}
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for each in ended:
                    yield each.result()
                    running |= {pool.submit(self.send, following) for following in islice(waiting, 1)}

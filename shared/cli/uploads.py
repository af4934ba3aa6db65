"""Upload images side by side, so that the same command goes on after an interruption."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path

from shared.cli.request_body import refuse_unreadable
from shared.cli.service import FileRefused, Service, ServiceRefused
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
        read_stdin: Returns the standard input, as many bytes of it at most.
    """

    service: Service
    pool: Pools
    replace: bool = False
    read_stdin: Callable[[int], bytes] = field(default_factory=lambda: sys.stdin.buffer.read)

    def send(self, upload: Upload) -> Receipt:
        """Upload one file.

        Raises:
            ServiceDown: The app does not answer; whether the image was taken is not known. Send it again.

        Costs: 1 request of the API.
        """
        headers = {"Content-Type": upload.content_type} | ({} if self.replace else {"If-None-Match": "*"})
        try:
            data = self._content(upload)
            reply = self.service.call("PUT", f"/images/{upload.name}", data=data, headers=headers)
        except FileRefused as refused:
            return Receipt(upload, Outcome.REFUSED, reason=str(refused))
        except ServiceRefused as refused:
            if refused.code == _MISMATCH and not self.replace:
                return Receipt(upload, Outcome.THERE)
            if refused.status in _KEY:
                raise
            return Receipt(upload, Outcome.REFUSED, reason=str(refused))
        return Receipt(upload, Outcome.UPLOADED, job_id=reply.json(id=str)["id"])

    def _content(self, upload: Upload) -> bytes | Path:
        """Return what to send, if it has a size that an image may have; of a file nothing is read yet."""
        content: bytes | Path
        most = self.service.most_bytes
        if upload.path is None:
            taken = self.read_stdin(most + 1)
            content, size = taken, len(taken)
        else:
            with refuse_unreadable():
                content, size = upload.path, upload.path.stat().st_size
        if not size:
            raise FileRefused("The file is empty.")
        if size > most:
            raise FileRefused(f"The file is over the limit of {most:,} bytes.")
        return content

    def send_all(self, uploads: Sequence[Upload], *, parallel: int) -> Iterator[Receipt]:
        """Upload files side by side; yield what became of each as it is known.

        Over HTTP, a file is read while it is sent; in this process, as many are in memory as are sent at once. After an
        error nothing more is begun.

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

"""Jobs in mixed states, as the steps would have left them: written by the store, in process, then copied to Azurite.

So thousands of them take seconds, their times are whatever the caller wants, and no test knows the store's rows.
"""

import itertools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.data.tables import TableClient

from shared import wiring
from shared.ports.jobs import JobStore, Row
from shared.rules import moves, thumbnails
from shared.rules.ids import digest
from shared.rules.jobs import Event, JobError, Move, State
from shared.wiring.steps import Darkroom
from tests.browser.pictures import HOSTILE_NAMES, SCRIPT, Picture, hostile, photographs
from tests.sdk_clients import table_of
from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess

#: What docs/operations.md recommends on Azurite.
BUCKETS = "16"
WORDS = "word-count"
_LEASE = timedelta(hours=1)
_FAILURES = (
    ("corrupt_image", "The decoder gave up: image file is truncated."),
    ("unsupported_format", "The bytes are no image that Darkroom reads."),
    ("too_many_pixels", "The image has 400,000,000 pixels, more than MAX_PIXELS allows."),
    ("analysis_timeout", "The analysis took more than 60 s."),
)
_FOLDERS = ("2026/berlin", "2026/alps", "products/cups", "")
#: How the states are mixed: of twenty jobs, the newest first.
_MIX = "PRCCFCCXCCFCCCPCCCXC"
_TOGETHER = 100
Ways = Mapping[str, Callable[["_Writer", Row, int], None]]


@dataclass
class Population:
    """What was written.

    Attributes:
        ids: Ids of jobs by state.
        images: Names of images by job id.
        now: The moment that all others lie before, aware UTC.
    """

    now: datetime
    ids: dict[State, list[str]] = field(default_factory=lambda: defaultdict(list))
    images: dict[str, str] = field(default_factory=dict)

    @property
    def hostile(self) -> tuple[str, str]:
        """The image whose name is markup: the ids of image and job."""
        job_id = next(job for job, name in self.images.items() if name == HOSTILE_NAMES[0])
        return digest("image-analysis", f"images/{HOSTILE_NAMES[0]}"), job_id


def populate(darkroom: Darkroom, number: int, *, thumbnails_of: int = 400) -> Population:
    """Write so many jobs in mixed states, and a few messages that were rejected.

    Args:
        darkroom: Over an empty storage account that is there.
        number: Of jobs; every tenth is none of an image.
        thumbnails_of: How many of the newest images get the thumbnail that their reports name.
    """
    now = darkroom.clock.now()
    writer = _Writer(darkroom, Population(now))
    writer.write(number)
    copy_table(writer.table, table_of(darkroom.storage.jobs))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: one(), itertools.islice(writer.uploads, thumbnails_of)))
    for code, text in (("unknown_form", f'{{"note": "{SCRIPT}"}}'), ("not_text", "\x00\x01\x02"), ("empty", "")):
        darkroom.storage.rejections.reject(text, code=code, message="This text names no job and no image.")
    return writer.population


class _Writer:
    """Writes jobs into a store in process, the newest first.

    Args:
        darkroom: Whose settings the jobs have, and whose containers get the thumbnails.
        population: Notes what was written.
    """

    def __init__(self, darkroom: Darkroom, population: Population) -> None:
        environ = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "JOB_BUCKETS": BUCKETS}
        inside = wiring.build(environ, transport=InProcess(storage_account()), threaded=False)
        inside.storage.create()
        for kind in (darkroom.settings.image_type, WORDS):
            inside.storage.index.insert_type(kind)
        self.table = table_of(inside.storage.jobs)
        self.population = population
        self.uploads: list[Callable[[], None]] = []
        self._jobs: JobStore = inside.storage.jobs
        self._darkroom = darkroom

    def write(self, number: int) -> None:
        """Write so many jobs: each some seconds older than the one before, and longer the older they are."""
        for each in range(number):
            at = self.population.now - timedelta(seconds=20 + each * 30 + each**2 / 50)
            letter = "C" if each in _HOSTILE_AT else _MIX[each % len(_MIX)]
            row = self._add(each, at)
            _WAYS[letter](self, row, each)

    def _add(self, each: int, at: datetime) -> Row:
        is_image = each % 10 != 9 or each in _HOSTILE_AT
        name, picture = _name(each), _picture(each)
        kind, ref = (self._darkroom.settings.image_type, f"images/{name}") if is_image else (WORDS, f"texts/{each}.txt")
        params = {"bytes": len(picture.data), "content_type": picture.mime} if is_image else {"lines": each}
        move = moves.add(
            kind=kind, ref=ref, version=f"0x{each:015X}", params=params, max_attempts=5, now=at,
            grace=timedelta(seconds=60), add_nonce=f"{each:032x}",
        )  # fmt: skip
        if is_image:
            self.population.images[move.job.id] = name
        return self._jobs.insert(move)

    def leave(self, row: Row, each: int) -> None:
        """Leave a job as it is: it waits, or somebody works on it."""
        del each
        self.population.ids[row.job.state].append(row.job.id)

    def run(self, row: Row, each: int) -> None:
        """Begin to work, and tell how far it is."""
        row = self._claim(row)
        assert row.job.claim is not None
        at, share = self.population.now, (each % 7 + 1) / 10
        move = moves.renew(row.job, claim=row.job.claim, now=at, lease=_LEASE, progress=share)
        self.leave(self._jobs.replace(row, move), each)

    def complete(self, row: Row, each: int) -> None:
        """Commit a report, or the result of another type."""
        row, picture = self._claim(row), _picture(each)
        job, name = row.job, self.population.images.get(row.job.id)
        assert job.claim is not None
        report: dict[str, Any] = {"words": 100 + each, "note": SCRIPT}
        if name is not None:
            report = picture.report_of(job.id, name, job.version, self._darkroom.settings.thumbnails_container)
            self.uploads.append(lambda: self._upload(job.id, picture))
        self._end(row, moves.complete(job, claim=job.claim, report=report, now=_end_of(row, each)))

    def fail(self, row: Row, each: int) -> None:
        """Fail for good: some at once, some after attempts that might have passed."""
        code, message = _FAILURES[each % len(_FAILURES)]
        for _ in range(each % 3):
            row = self._claim(row)
            job, at = row.job, _end_of(row, each)
            assert job.claim is not None
            error = JobError("out_of_memory", "The analysis ran out of memory.", at)
            none = timedelta(0)
            row = self._jobs.replace(
                row, moves.retry(job, claim=job.claim, error=error, now=at, delay=none, grace=none)
            )
        row = self._claim(row)
        at, claim = _end_of(row, each), row.job.claim
        assert claim is not None
        self._end(row, moves.fail(row.job, claim=claim, error=JobError(code, message, at), now=at))

    def cancel(self, row: Row, each: int) -> None:
        """End it from outside."""
        at = _end_of(row, each)
        error = JobError("canceled", "An operator canceled the job.", at)
        self._end(row, moves.end(row.job, event=Event.CANCEL, error=error, lapsed=False, now=at))

    def _claim(self, row: Row) -> Row:
        at = (row.job.not_before or _begin_of(row)) + timedelta(seconds=2)
        owner, claim_id = f"queue/{uuid.UUID(int=row.job.token + 1)}", f"{row.job.token + 1:032x}"
        move = moves.claim(row.job, owner=owner, claim_id=claim_id, now=at, lapsed=False, lease=_LEASE)
        return self._jobs.replace(row, move)

    def _end(self, row: Row, move: Move) -> None:
        self.leave(self._jobs.replace(row, move), 0)

    def _upload(self, job_id: str, picture: Picture) -> None:
        name = thumbnails.name_of(job_id, 1, extension=picture.extension)
        mime = picture.report["thumbnail"]["mime"]
        self._darkroom.storage.images.insert_thumbnail(name, picture.thumbnail, mime=mime, stop=lambda: False)


_WAYS: Ways = {"P": _Writer.leave, "R": _Writer.run, "C": _Writer.complete, "F": _Writer.fail, "X": _Writer.cancel}
#: Which jobs are about the images of ``HOSTILE_NAMES``.
_HOSTILE_AT = (3, 8, 13)


def _name(each: int) -> str:
    if each in _HOSTILE_AT:
        return HOSTILE_NAMES[_HOSTILE_AT.index(each)]
    folder = _FOLDERS[each % len(_FOLDERS)]
    extension = ("png", "webp", "jpg", "jpg")[each % 4]
    return f"{folder}/photo-{each:04}.{extension}".removeprefix("/")


def _picture(each: int) -> Picture:
    return hostile() if each in _HOSTILE_AT else photographs()[each % len(photographs())]


def _end_of(row: Row, each: int) -> datetime:
    return _begin_of(row) + timedelta(milliseconds=700 + each % 13 * 350)


def _begin_of(row: Row) -> datetime:
    begin = row.job.started or row.job.created
    assert begin is not None
    return begin


def copy_table(source: TableClient, target: TableClient) -> None:
    """Copy all rows of a table, in transactions."""
    places = defaultdict[str, list[dict[str, Any]]](list)
    for entity in source.list_entities():
        places[entity["PartitionKey"]].append({name: _plain(value) for name, value in entity.items()})
    for transaction in _transactions(places):
        target.submit_transaction([("upsert", entity) for entity in transaction])


def _plain(value: object) -> object:
    """Return a time without what the SDK adds to it: the store's own client takes no other."""
    return datetime.fromtimestamp(value.timestamp(), UTC) if isinstance(value, datetime) else value


def _transactions(places: Mapping[str, list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    for entities in places.values():
        for at in range(0, len(entities), _TOGETHER):
            yield entities[at : at + _TOGETHER]

"""Jobs in mixed states, as the steps would have left them: written by the store into memory, then copied to Azurite.

So thousands of them take seconds, their times are whatever they should be, and no test knows the store's rows.
"""

import itertools
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.ports.jobs import Row
from shared.rules import moves, thumbnails
from shared.rules.ids import digest
from shared.rules.jobs import Event, JobError, Move, State
from shared.wiring.steps import Darkroom
from tests.browser.drafts import DraftTable
from tests.browser.pictures import HOSTILE_NAMES, SCRIPT, Picture, hostile, photographs
from tests.sdk_clients import table_of

#: What docs/operations.md recommends on Azurite for 5,000 images.
BUCKETS = "4"
WORDS = "word-count"
_LEASE = timedelta(hours=1)
_FAILURES = (
    ("corrupt_image", "The decoder gave up: image file is truncated."),
    ("unsupported_format", "The bytes are no image that Darkroom reads."),
    ("too_many_pixels", "The image has 400,000,000 pixels, more than MAX_PIXELS allows."),
    ("analysis_timeout", "The analysis took more than 60 s."),
)
_FOLDERS = ("2026/berlin", "2026/alps", "products/cups", "")
Ways = Mapping[str, Callable[["_Writer", Row, int], None]]


@dataclass(frozen=True)
class Cast:
    """What the jobs are, from the newest on.

    Attributes:
        mix: A letter for each in turn: pending, running, completed, failed, canceled (X).
        live_among: Older ones are not live but completed: of thousands as few wait as of dozens.
        grace: How long after they were added the sweep leaves live ones alone.
        hostile_at: Which are about images whose names and metadata are hostile.
        pictures: Returns what the images are, in turn.
    """

    mix: str = "PRCCFCCXCCFCCCPCCCXC"
    live_among: int = 100
    grace: timedelta = timedelta(minutes=1)
    hostile_at: Sequence[int] = (3, 8, 13)
    pictures: Callable[[], Sequence[Picture]] = photographs


USUAL = Cast()
#: More live images than a page shows.
BUSY = Cast(live_among=1_000_000)
#: No live ones.
QUIET = Cast(live_among=-1)


@dataclass
class Population:
    """What was written.

    Attributes:
        ids: Ids of jobs by state.
        images: Names of images by job id.
        retries: Ids of failed jobs with several attempts.
        now: The moment that all others lie before, aware UTC.
    """

    now: datetime
    ids: dict[State, list[str]] = field(default_factory=lambda: defaultdict(list))
    images: dict[str, str] = field(default_factory=dict)
    retries: list[str] = field(default_factory=list)

    @property
    def subjects(self) -> tuple[str, str]:
        """The ids of an image and of a job to look at: those with a hostile name, or else what has most to show."""
        hostile_job = next((job for job, name in self.images.items() if name == HOSTILE_NAMES[0]), None)
        shown = hostile_job or next(job for job in self.ids[State.COMPLETED] if job in self.images)
        return digest("image-analysis", f"images/{self.images[shown]}"), hostile_job or self.retries[0]


def populate(
    darkroom: Darkroom,
    number: int,
    *,
    cast: Cast = USUAL,
    thumbnails_of: int = 100,
) -> Population:
    """Write so many jobs in mixed states, and a few messages that were rejected.

    Args:
        darkroom: Over an empty storage account that is there.
        number: Of jobs; every tenth is none of an image.
        cast: What they are.
        thumbnails_of: How many of the newest images get the thumbnail that their reports name.
    """
    now = darkroom.clock.now()
    writer = _Writer(darkroom, Population(now), cast)
    writer.write(number)
    for kind in (darkroom.settings.image_type, WORDS):
        darkroom.storage.index.insert_type(kind)
    writer.table.copy(table_of(darkroom.storage.jobs))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: one(), itertools.islice(writer.uploads, thumbnails_of)))
    for code, text in (("unknown_form", f'{{"note": "{SCRIPT}"}}'), ("not_text", "\x00\x01\x02"), ("empty", "")):
        darkroom.storage.rejections.reject(text, code=code, message="This text names no job and no image.")
    return writer.population


class _Writer:
    """Writes jobs, the newest first.

    Args:
        darkroom: Whose settings the jobs have, and whose containers get the thumbnails.
        population: Notes what was written.
        cast: What the jobs are.
    """

    def __init__(self, darkroom: Darkroom, population: Population, cast: Cast) -> None:
        self.table = DraftTable()
        self.population = population
        self.uploads: list[Callable[[], None]] = []
        self._jobs = self.table.jobs(darkroom.clock, buckets=int(BUCKETS))
        self._darkroom = darkroom
        self._pictures = cast.pictures()
        self._hostile = dict(zip(cast.hostile_at, HOSTILE_NAMES, strict=False))
        self._cast = cast

    def write(self, number: int) -> None:
        """Write so many jobs: each some seconds older than the one before, and longer the older they are."""
        for each in range(number):
            at = self.population.now - timedelta(seconds=20 + each * 30 + each**2 / 50)
            letter = "C" if each in self._hostile else self._cast.mix[each % len(self._cast.mix)]
            if each > self._cast.live_among and letter in "PR":
                letter = "C"
            row = self._add(each, at)
            _WAYS[letter](self, row, each)

    def _add(self, each: int, at: datetime) -> Row:
        is_image = each % 10 != 9 or each in self._hostile
        name, picture = self._hostile.get(each) or _name(each), self._picture(each)
        kind, ref = (self._darkroom.settings.image_type, f"images/{name}") if is_image else (WORDS, f"texts/{each}.txt")
        params = {"bytes": len(picture.data), "content_type": picture.mime} if is_image else {"lines": each}
        move = moves.add(
            kind=kind, ref=ref, version=f"0x8DE{each * 7919:012X}", params=params, max_attempts=5, now=at,
            grace=self._cast.grace, add_nonce=f"{each:032x}",
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
        row, picture = self._claim(row), self._picture(each)
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
        if each % 3:
            self.population.retries.append(row.job.id)
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
        claim_id = digest(row.job.id, str(row.job.token))
        owner = f"queue/{uuid.UUID(claim_id)}"
        move = moves.claim(row.job, owner=owner, claim_id=claim_id, now=at, lapsed=False, lease=_LEASE)
        return self._jobs.replace(row, move)

    def _end(self, row: Row, move: Move) -> None:
        self.leave(self._jobs.replace(row, move), 0)

    def _picture(self, each: int) -> Picture:
        return hostile() if each in self._hostile else self._pictures[each % len(self._pictures)]

    def _upload(self, job_id: str, picture: Picture) -> None:
        name = thumbnails.name_of(job_id, 1, extension=picture.extension)
        mime = picture.report["thumbnail"]["mime"]
        self._darkroom.storage.images.insert_thumbnail(name, picture.thumbnail, mime=mime, stop=lambda: False)


_WAYS: Ways = {"P": _Writer.leave, "R": _Writer.run, "C": _Writer.complete, "F": _Writer.fail, "X": _Writer.cancel}


def _name(each: int) -> str:
    folder = _FOLDERS[each % len(_FOLDERS)]
    extension = ("png", "webp", "jpg", "jpg")[each % 4]
    return f"{folder}/photo-{each:04}.{extension}".removeprefix("/")


def _end_of(row: Row, each: int) -> datetime:
    return _begin_of(row) + timedelta(milliseconds=700 + each % 13 * 350)


def _begin_of(row: Row) -> datetime:
    begin = row.job.started or row.job.created
    assert begin is not None
    return begin

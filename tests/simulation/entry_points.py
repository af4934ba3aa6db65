"""What the simulator calls of production code: this file and ``external_claims`` alone know its names.

Everything is wired by the production composition root. Nothing here decides anything.
"""

import copy
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from random import Random
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import wiring
from shared.analysis.analyst import Analyst, Inline
from shared.analysis.interface import Analysis, Limits, Source, ThumbnailSpec
from shared.errors import (
    AnalysisDied,
    BlobGone,
    ImageRejected,
    Mismatch,
    NoSandbox,
    NoSuchJob,
    Refused,
    Stale,
    StorageOut,
    Undecided,
    Unreadable,
)
from shared.ports.jobs import Row
from shared.rules.invariants import Finding
from shared.rules.jobs import TRANSITIONS
from shared.runtime import Runtime as Threads
from shared.wiring.steps import Darkroom
from tests.simulation.pictures import PNG, png
from tests.simulation.releases import PREVIOUS, module_of, wiring_of

__all__ = ["Darkroom", "Threads", "png"]

#: What a trigger may raise while something goes wrong, and never when all is well.
OUTAGES = (StorageOut, Undecided, NoSandbox)
#: What operators and external workers may be told at any time.
REFUSALS = (Refused, Stale, NoSuchJob, Mismatch, BlobGone)
#: Every event that moves a job.
EVENTS = tuple(dict.fromkeys(str(row.event) for row in TRANSITIONS))
#: Work that only external workers do.
EXTERNAL = "external"
#: Jobs of images, as their ids begin.
IMAGE_TYPE = "image-analysis"
IMAGES, THUMBNAILS, QUEUE, POISON = "images", "thumbnails", "image-jobs", "image-jobs-poison"
EVENT_POISON = "webjobs-blobtrigger-poison"
JOBS, LOCKS = "darkroomjobs", "darkroomlocks"
#: An analysis looks so often whether it is still wanted.
SLICES = 6


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing be logged: a world is watched at its wire."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def build(
    environ: Mapping[str, str],
    transport: HttpTransport[Any, Any],
    threads: Threads,
    analyst: Analyst | None,
    *,
    is_earlier: bool = False,
) -> Darkroom:
    """Wire a process of this release, or of the one before."""
    analyst = analyst or Analyst(Inline(limits=Limits(), thumbnail=ThumbnailSpec()), places=2)
    settings = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", **environ}
    root = wiring_of(PREVIOUS) if is_earlier else wiring
    wired: Darkroom = root.build(settings, transport=transport, runtime=threads, works={}, analyst=analyst)
    return wired


def announce(darkroom: Darkroom, path: str) -> object:
    """Call the blob trigger."""
    return darkroom.record.record_event(path)


def receive(darkroom: Darkroom, body: bytes, owner: str) -> object:
    """Call the trigger of the job queue."""
    return darkroom.receive.receive(body, owner=owner)


def bury(darkroom: Darkroom, body: bytes, _owner: str) -> object:
    """Call the trigger of the poison queue."""
    return darkroom.bury.bury(body)


def admit(darkroom: Darkroom, body: bytes, _owner: str) -> object:
    """Call the trigger of the queue of given-up blob events."""
    return darkroom.admit.admit(body)


def blob_event(container: str, name: str) -> str:
    """Write what the host says of a blob event that it has given up on."""
    event = {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.record_image",
        "BlobType": "BlockBlob",
        "ContainerName": container,
        "BlobName": name,
        "ETag": "",
    }
    return json.dumps(event)


def storage_event(container: str, name: str) -> str:
    """Write what a storage account says of a blob that was written."""
    subject = f"/blobServices/default/containers/{container}/blobs/{name}"
    return json.dumps({"eventType": "Microsoft.Storage.BlobCreated", "subject": subject, "data": {"api": "PutBlob"}})


def sweep(darkroom: Darkroom, owner: str) -> object:
    """Call the timer of the sweep: it answers None where it does not sweep; the release before does at each tick."""
    return darkroom.ticks.tick(owner=owner) if hasattr(darkroom, "ticks") else darkroom.sweep.sweep(owner=owner)


def reconcile(darkroom: Darkroom, owner: str) -> object:
    """Call the timer of reconcile."""
    return darkroom.reconcile.reconcile(owner=owner)


def purge(darkroom: Darkroom, owner: str) -> object:
    """Call the timer of purge."""
    return darkroom.purge.purge(owner=owner)


class ByHand(StrEnum):
    """What an operator is told of a job."""

    CANCELED = "canceled"
    REDRIVEN = "redriven"
    ENDED = "ended"
    LIVE = "live"
    OUTDATED = "outdated"
    UNKNOWN = "unknown"
    LEFT = "left"


def _by_hand(act: Callable[[str], Row], job_id: str, done: ByHand) -> ByHand:
    try:
        act(job_id)
    except Refused as refused:
        return ByHand(refused.code)
    except NoSuchJob:
        return ByHand.UNKNOWN
    except Unreadable:
        return ByHand.LEFT
    return done


def cancel(darkroom: Darkroom, job_id: str) -> object:
    """Cancel a job by hand."""
    return _by_hand(darkroom.cancel.cancel, job_id, ByHand.CANCELED)


def redrive(darkroom: Darkroom, job_id: str) -> object:
    """Open a job again by hand."""
    return _by_hand(darkroom.redrive.redrive, job_id, ByHand.REDRIVEN)


def remove(darkroom: Darkroom, job_id: str) -> None:
    """Delete a job by hand, and keep its reference."""
    darkroom.remove.remove(job_id, forget=False)


def forget(darkroom: Darkroom, job_id: str) -> None:
    """Delete a job by hand, and forget its reference."""
    darkroom.remove.remove(job_id, forget=True)


def readmit(darkroom: Darkroom, rejected_id: str) -> object:
    """Follow a rejected message once more."""
    return darkroom.readmit.readmit(rejected_id)


def upload(darkroom: Darkroom, name: str, data: bytes) -> object:
    """Upload an image over HTTP."""
    ref = module_of(darkroom.settings, "rules.images").ImageRef(IMAGES, name)
    return darkroom.upload.upload(ref, data, content_type="image/png")


def add(darkroom: Darkroom, ref: str, *, unique: bool, not_before: datetime | None = None) -> object:
    """Add a job for external workers, to be claimed at once or not before a time."""
    new = module_of(darkroom.settings, "steps.intake.add").NewJob
    return darkroom.add.add(new(kind=EXTERNAL, ref=ref, params={"ref": ref}, unique=unique, not_before=not_before))


def outcomes(answer: object) -> Counter[str]:
    """Return what a trigger says to have done, by its own words."""
    if type(answer).__name__ == "SweepResult":  # of either release
        return Counter({str(outcome): count for outcome, count in vars(answer)["outcomes"].items()})
    return Counter(outcomes_of(answer))


def outcomes_of(answer: object) -> list[str]:
    """Return what a call about one thing, or a list of things, says of each; nothing for other answers."""
    answers = answer if isinstance(answer, list) else [answer]
    return [str(each) for each in answers if isinstance(each, StrEnum)]


def verify(darkroom: Darkroom, *, repair: bool = False) -> list[str]:
    """Return what production's own verification finds wrong."""
    findings: list[Finding] = []
    darkroom.verify.verify(findings.append, repair=repair, blobs=True)
    return [f"{each.rule} {each.place} {each.name}" for each in findings if each.violation]


@dataclass(frozen=True)
class Fate:
    """What becomes of analyses.

    Attributes:
        luck: A stream.
        longest: Seconds that one takes at most.
        crashes: Returns the share of those whose child dies.
    """

    luck: Random
    longest: float
    crashes: Callable[[], float]


class QuickAnalyst(Analyst):
    """Takes time, and returns a true report of the bytes that it was given, without looking at a pixel.

    Args:
        fate: Decides how long it takes, and whether its child dies.
        threads: Lets the time pass.
        goes_on: Called with the image's reference and version whenever its worker does not stop.
    """

    confinement = None

    def __init__(self, fate: Fate, threads: Threads, goes_on: Callable[[str, str], object]) -> None:
        self._fate = fate
        self._threads = threads
        self._goes_on = goes_on

    def analyze(self, data: bytes, *, source: Source, alone: bool, stop: Callable[[], bool]) -> Analysis:
        """Analyse."""
        luck = self._fate.luck
        wait, end = luck.random() ** luck.choice((1, 1, 4)) * self._fate.longest, luck.random()
        for _ in range(SLICES):
            self._threads.pause(wait / SLICES)
            if stop():
                raise AnalysisDied("analysis_stopped", "The result is not wanted any more.")
            self._goes_on(f"{source.container}/{source.name}", source.etag)
        if end < self._fate.crashes() and not alone:
            raise AnalysisDied("analysis_crashed", "The analysis crashed.")
        if not data.startswith(PNG):
            raise ImageRejected("unsupported_format", "The bytes are no image.")
        report, thumbnail = copy.deepcopy(_template().report), _template().thumbnail
        report["source"] |= {
            "name": source.name,
            "etag": source.etag,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "declared_type": source.declared_type,
        }
        return Analysis(report=report, thumbnail=thumbnail)


@cache
def _template() -> Analysis:
    """Return the report of a small image, by the image library."""
    source = Source(container=IMAGES, name="a.png", etag="0x1", size_bytes=len(png(1)), declared_type="image/png")
    engine = Inline(limits=Limits(), thumbnail=ThumbnailSpec())
    return engine.analyze(png(1), source=source, stop=lambda: False)

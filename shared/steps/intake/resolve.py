"""Resolve a queue message to what it means: an image to record and analyse, a job to analyse, or nothing real.

A message is a hint. Nothing of what it says is believed before storage has said the same, and what names nothing
real is kept with the reason: one row a message, however many items it has.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import (
    BlobGone,
    BlobUnreadable,
    ContentRefused,
    FolderMarker,
    InvalidReference,
    MessageRejected,
    NoSuchJob,
    Unreadable,
)
from shared.ports.rejections import Rejections
from shared.rules import blob_urls, messages
from shared.rules.ignore_reasons import IgnoreReason
from shared.rules.images import ImageRef
from shared.rules.messages import BadItem, Hint, Hints, ImageHint, JobHint
from shared.steps.intake.disposition import Disposition
from shared.telemetry import LogEvent, emit
from shared.tracing import OFF, Tracer

OnJob = Callable[[JobHint, bool], StrEnum]
OnImage = Callable[[ImageRef, bool], StrEnum]


@dataclass(frozen=True)
class _Act:
    """What became of one item.

    Attributes:
        outcome: How it ended; REJECTED for what names nothing real.
        why: The reason of a rejection.
        real: Whether something stands behind its name.
    """

    outcome: StrEnum
    why: MessageRejected | None = None
    real: bool = True


@dataclass(kw_only=True)
class Resolve:
    """Do what a message asks for.

    Attributes:
        rejections: Keeps what names nothing real.
        images_container: The only container whose images are analysed.
        tracer: Makes what a message asks for a part of the trace that it names.
    """

    rejections: Rejections
    images_container: str
    tracer: Tracer = OFF

    def resolve(self, body: bytes, *, on_job: OnJob, on_image: OnImage) -> list[StrEnum]:
        """Find the first reading of a message that names something real, and act on it.

        Args:
            body: The message as it came.
            on_job: Acts on a job, given whether the message names nothing else; raises ``NoSuchJob`` when no job has
                this id.
            on_image: Acts on an image, given the same; raises ``BlobGone`` when no blob has this name.

        Returns:
            One outcome for everything that the message names, REJECTED for what names nothing real; ``[REJECTED]`` when
            it names nothing real.

        Costs: those of the acts; one more HEAD for each further reading, base64 for example; 1 transaction for a
        message of which anything is rejected.
        """
        text = body.decode("utf-8", "backslashreplace")
        try:
            text = messages.text_of(body)
            return self._first_real(text, on_job, on_image)
        except MessageRejected as rejected:
            self._reject(text, rejected)
            return [Disposition.REJECTED]

    def _first_real(self, text: str, on_job: OnJob, on_image: OnImage) -> list[StrEnum]:
        unreal = None
        for hints in messages.readings(text, images_container=self.images_container):
            acts = [self._act(hint, len(hints) == 1, on_job, on_image) for hint in hints]
            bad = {number: act.why for number, act in enumerate(acts, 1) if act.why is not None}
            if any(act.real for act in acts):
                _log_reasons(hints)
                if bad:
                    self._reject(text, messages.bad_items(bad, len(acts)))
                return [act.outcome for act in acts]
            if unreal is None or unreal.code != "unknown_job":
                unreal = messages.bad_items(bad, len(acts))
        if unreal is None:
            raise MessageRejected("unknown_form", "The message names no image and no job.")
        raise unreal

    def _act(
        self,
        hint: Hint,
        alone: bool,  # noqa: FBT001 - private
        on_job: OnJob,
        on_image: OnImage,
    ) -> _Act:
        if isinstance(hint, IgnoreReason):
            return _Act(Disposition.IGNORED)
        if isinstance(hint, BadItem):
            return _unreal(hint.why)
        if isinstance(hint, ImageHint):
            with self.tracer.under(hint.traceparent):
                return self._act(hint.ref, alone, on_job, on_image)
        try:
            if isinstance(hint, JobHint):
                return self._act_on_job(hint, alone, on_job)
            return self._act_on_image(hint, alone, on_image)
        except ContentRefused as refused:
            return _Act(Disposition.REJECTED, MessageRejected(refused.code, str(refused)))

    @staticmethod
    def _act_on_job(hint: JobHint, alone: bool, on_job: OnJob) -> _Act:  # noqa: FBT001 - private
        try:
            return _Act(on_job(hint, alone))
        except NoSuchJob:
            return _unreal(MessageRejected("unknown_job", "The message names a job that does not exist."))
        except Unreadable:
            return _Act(Disposition.LEFT)

    @staticmethod
    def _act_on_image(ref: ImageRef, alone: bool, on_image: OnImage) -> _Act:  # noqa: FBT001 - private
        try:
            return _Act(on_image(ref, alone))
        except BlobGone:
            return _unreal(blob_urls.absent(ref.name))
        except FolderMarker:
            emit(LogEvent.IGNORED, reason=IgnoreReason.FOLDER_MARKER.reason, ref=ref.ref)
            return _Act(Disposition.IGNORED)
        except BlobUnreadable as unreadable:
            return _Act(Disposition.REJECTED, MessageRejected(unreadable.code, str(unreadable)))
        except InvalidReference as invalid:
            return _unreal(MessageRejected("invalid_reference", str(invalid)))

    def _reject(self, text: str, rejected: MessageRejected) -> None:
        reason = messages.reason_to_keep(rejected)
        self.rejections.reject(messages.text_to_keep(text), code=rejected.code, message=reason)
        emit(LogEvent.REJECTED, code=rejected.code)


def _unreal(why: MessageRejected) -> _Act:
    return _Act(Disposition.REJECTED, why, real=False)


def _log_reasons(hints: Hints) -> None:
    for ignored, count in Counter(hint for hint in hints if isinstance(hint, IgnoreReason)).items():
        emit(LogEvent.IGNORED, reason=ignored.reason, count=count)

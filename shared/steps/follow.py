"""Follow a queue message to what it means: an image to record and analyse, a job to analyse, or nothing real.

A message is a hint. Nothing of what it says is believed before storage has said the same, and what cannot be followed
is kept with the reason.
"""

import logging
from collections.abc import Callable

from shared import messages
from shared.errors import BlobGone, BlobUnreadable, MessageRejected
from shared.images import ImageRef
from shared.leftovers import Rejections
from shared.messages import BadItem, JobHint
from shared.steps.outcomes import Outcome
from shared.telemetry import Happened, emit

#: Of a reading that has only these, nothing exists; of several images one may have vanished since.
_NOTHING_REAL = frozenset({Outcome.UNKNOWN, Outcome.GONE})


class Follow:
    """Do what a message asks for.

    Args:
        rejections: Keeps what can't be followed.
        images_container: The only container whose images are analysed.
    """

    def __init__(self, *, rejections: Rejections, images_container: str) -> None:
        self._rejections = rejections
        self._container = images_container

    def __call__(
        self,
        body: bytes,
        *,
        on_job: Callable[[str], Outcome],
        on_image: Callable[[ImageRef, bool], Outcome],
    ) -> list[Outcome]:
        """Find the first reading of a message that names something real, and act on it.

        Args:
            body: The message as it came.
            on_job: Acts on a job; returns UNKNOWN when there is none of that id.
            on_image: Acts on an image, told whether the message names nothing else; raises ``BlobGone`` when there is
                none of that name.

        Returns:
            One outcome for everything that the message names; ``[REJECTED]`` when it names nothing real.

        Costs: those of the acts; one more HEAD for base64; 1 transaction for a rejected message or item.
        """
        try:
            text = messages.text_of(body)
        except MessageRejected as rejected:
            return [self._rejected(body.decode("utf-8", "backslashreplace"), rejected)]
        try:
            return self._first_real(text, on_job, on_image)
        except MessageRejected as rejected:
            return [self._rejected(text, rejected)]

    def _first_real(
        self, text: str, on_job: Callable[[str], Outcome], on_image: Callable[[ImageRef, bool], Outcome]
    ) -> list[Outcome]:
        unreal = MessageRejected("blob_not_found", "The message names a blob that does not exist.")
        for hints in messages.readings(text, images_container=self._container):
            outcomes = [self._acted(hint, len(hints) == 1, on_job, on_image) for hint in hints]
            named = [outcome for outcome in outcomes if outcome is not Outcome.REJECTED]  # the others are kept already
            if not named or not _NOTHING_REAL.issuperset(named):
                return outcomes
            if Outcome.UNKNOWN in outcomes:
                unreal = MessageRejected("unknown_job", "The message names a job that does not exist.")
        raise unreal

    def _acted(
        self,
        hint: JobHint | ImageRef | BadItem,
        alone: bool,  # noqa: FBT001 - private
        on_job: Callable[[str], Outcome],
        on_image: Callable[[ImageRef, bool], Outcome],
    ) -> Outcome:
        if isinstance(hint, BadItem):
            return self._rejected(hint.text, hint.why)
        if isinstance(hint, JobHint):
            return on_job(hint.job_id)
        try:
            return on_image(hint, alone)
        except BlobGone:
            return Outcome.GONE
        except BlobUnreadable as unreadable:
            return self._rejected(hint.ref, MessageRejected(unreadable.code, str(unreadable)))

    def _rejected(self, text: str, rejected: MessageRejected) -> Outcome:
        self._rejections.reject(messages.kept(text), code=rejected.code, message=str(rejected))
        emit(Happened.REJECTED, level=logging.WARNING, code=rejected.code)
        return Outcome.REJECTED

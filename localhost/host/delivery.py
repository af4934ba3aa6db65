"""What happens to a queue message, and when the next poll comes; pure.

Source:
    Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Queues: QueueProcessor, QueueListener,
    RandomizedExponentialBackoffStrategy; read 2026-11.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

POISON_SUFFIX = "-poison"
POLL_MIN_SECONDS = 0.1
#: A back-off is drawn within ± 20 % so that instances do not poll in step.
_JITTER = 0.2
_LARGEST_EXPONENT = 30


class Verdict(Enum):
    """What to do with a received message."""

    #: Call the function.
    CALL = "call"
    #: Copy it to the poison queue, then delete it.
    POISON = "poison"
    #: Make it visible again after visibilityTimeout.
    RETRY = "retry"
    #: Leave it hidden until its lease ends: there is no poison queue to put it in.
    LEAVE = "leave"
    #: Delete it.
    DELETE = "delete"


def before_call(dequeue_count: int, maximum: int, *, has_poison: bool) -> Verdict:
    """Decide on a message just received: over the maximum it is not called any more."""
    if dequeue_count <= maximum:
        return Verdict.CALL
    return Verdict.POISON if has_poison else Verdict.LEAVE


def after_failure(dequeue_count: int, maximum: int, *, has_poison: bool) -> Verdict:
    """Decide on a message whose call failed; without a poison queue it stays hidden for the rest of its lease."""
    if not has_poison:
        return Verdict.LEAVE
    return Verdict.POISON if dequeue_count >= maximum else Verdict.RETRY


def poison_queue(queue: str) -> str | None:
    """Return the name of a queue's poison queue; a poison queue has no poison queue."""
    return None if queue.endswith(POISON_SUFFIX) else queue + POISON_SUFFIX


def poll_seconds(empty_polls: int, maximum: float, fraction: float) -> float:
    """Return how long to wait after the given number of empty polls in a row.

    Args:
        empty_polls: 0 or 1 right after a message was found.
        maximum: The longest wait in seconds.
        fraction: A random number within 0 and 1.
    """
    least = min(POLL_MIN_SECONDS, maximum)
    if empty_polls <= 1:
        return least
    exponent = min(empty_polls - 2, _LARGEST_EXPONENT)
    spread = 1 - _JITTER + 2 * _JITTER * fraction
    return min(maximum, least + least * spread * 2.0**exponent)


def decode(content: str, *, base64_mode: bool) -> bytes | None:
    """Return a message's body; None when it is not encoded as host.json says."""
    if not base64_mode:
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        return None


def encode(body: bytes, *, base64_mode: bool) -> str:
    """Return the content under which a body is sent."""
    return base64.b64encode(body).decode() if base64_mode else body.decode()


def overwrite(metadata: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """Return the trigger metadata with the top-level keys of a JSON body laid over it, whatever their case.

    A key keeps the spelling that it had first: ``{"id": "x"}`` changes ``Id``. That is what the real host does, so a
    message can forge its own identity; nothing should trust that metadata. Null and arrays lay over nothing.
    """
    result = dict(metadata)
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return result
    if isinstance(fields, dict):
        spelling = {key.lower(): key for key in result}
        for key, value in fields.items():
            if value is not None and not isinstance(value, list):
                result[spelling.setdefault(key.lower(), key)] = value
    return result

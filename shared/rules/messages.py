"""What a queue message may say. A message is a hint; the row is the truth.

Ours is ``{"v": 1, "job_id": …}``. Others' are welcome: whatever names an image or a job, tried from the most to the
least specific form, and decoded from base64 only when nothing else has matched, unless that gives an event.
"""

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from shared.errors import MessageRejected
from shared.rules import blob_events, blob_urls, json_text
from shared.rules.flows import FLOW
from shared.rules.ids import JOB_ID
from shared.rules.ignore_reasons import IgnoreReason
from shared.rules.images import ImageRef
from shared.rules.redaction import redact, storable
from shared.tracing import valid_traceparent

VERSION = 1
#: What one message may name. Each takes a few requests, so a message of 64 KiB could take tens of thousands.
MAX_ITEMS = 100
#: Of a sentence that is kept beside a text.
_REASON_LENGTH = 1_000
#: How the Functions host marks its own messages about blobs (azure-sdk-for-net, BlobTriggerMessage).
_TRIGGER = "BlobTrigger"
#: How often a text may be base64: once by whoever has written it, and once by an SDK that does so by default.
_LAYERS = 2
_URL_SAFE = str.maketrans("-_", "+/")
#: What no message holds: so short names that happen to be base64 of something are not taken for it.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class JobHint:
    """Look at this job.

    Attributes:
        job_id: The job.
        flow: Of its image, where our own message says so; see ``flows.flow_of``.
        has_hopped: Whether the message has gone to the tail of the queue before.
    """

    job_id: str
    flow: str | None = None
    has_hopped: bool = False


@dataclass(frozen=True)
class ImageHint:
    """Look at this image, as a part of a trace.

    Attributes:
        ref: The image.
        traceparent: W3C trace context, as the message has it.
    """

    ref: ImageRef
    traceparent: str


@dataclass(frozen=True)
class BadItem:
    """One item of a list that names nothing, beside others that may."""

    why: MessageRejected


#: What one item asks for, and what one reading of a message does: a hint for each item, one or at most ``MAX_ITEMS``.
Hint = JobHint | ImageHint | ImageRef | IgnoreReason | BadItem
Hints = tuple[Hint, ...]


def write(job_id: str, traceparent: str | None, *, flow: str | None = None, hop: bool = False) -> str:
    """Write our own message.

    Args:
        job_id: The job.
        traceparent: W3C trace context of what caused it.
        flow: Of its image.
        hop: Whether it goes to the tail of the queue; it does so once.

    No key of it may be called as trigger metadata is (``id``, ``popReceipt``, ``dequeueCount``): the host would
    overwrite its own facts with ours.
    """
    body: dict[str, object] = {"v": VERSION, "job_id": job_id}
    if traceparent:
        body["traceparent"] = traceparent
    if flow:
        body["flow"] = flow
    if hop:
        body["hop"] = 1
    return json.dumps(body, separators=(",", ":"))


def origin(text: str) -> tuple[str, str | None]:
    """Return the job of our own message, and the W3C trace context of what caused it."""
    body = json.loads(text)
    return body["job_id"], body.get("traceparent")


def text_of(body: bytes) -> str:
    """Decode a body as UTF-8, with or without a byte order mark.

    Raises:
        MessageRejected: ``not_text``.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MessageRejected("not_text", "The message is not UTF-8 text.") from None
    if "\0" in text:
        raise MessageRejected("not_text", "The message holds zero bytes, as UTF-16 does. It must be UTF-8 text.")
    return text


def text_to_keep(text: str) -> str:
    """Return a text as it may be kept, at most ``KEPT_UNITS`` long: signatures in it are keys, in base64 as well."""
    decoded: str | None = text
    for _ in range(_LAYERS):
        decoded = None if decoded is None else _from_base64(decoded)
        if decoded is not None and redact(decoded) != decoded:
            text = decoded
    return redact(storable(text))


def reason_to_keep(rejected: MessageRejected) -> str:
    """Return the sentence that is kept beside a text."""
    return text_to_keep(str(rejected))[:_REASON_LENGTH]


def bad_items(bad: Mapping[int, MessageRejected], count: int) -> MessageRejected:
    """Return one reason for all items of a list that can't be used.

    Args:
        bad: Each by its number, from 1 on.
        count: How many items the list has.
    """
    first = next(iter(bad.values()))
    if count == 1:
        return first
    codes = Counter(why.code for why in bad.values())
    which = "; ".join(
        f"{code}: item {', '.join(str(number) for number, why in bad.items() if why.code == code)}" for code in codes
    )
    told = f"{len(bad)} of {count} items can't be used ({which}). {first}"
    return MessageRejected(first.code, told) if len(codes) == 1 else MessageRejected("bad_items", told)


def readings(text: str, *, images_container: str) -> Iterator[Hints]:
    """Yield what the text may mean, most likely first; the caller takes the first that names something real.

    Args:
        text: A message's text.
        images_container: The only container whose images are analysed.

    Raises:
        MessageRejected: It names nothing that can be looked for; ``empty`` when there is no text.
    """
    text = text.strip().lstrip("\ufeff").strip()
    if not text:
        raise MessageRejected("empty", "The message is empty.")
    for _ in range(_LAYERS):
        decoded = _from_base64(text)
        if decoded is None or not blob_events.is_text_of_one(decoded):
            try:
                yield from _plain(text, images_container)
            except MessageRejected:
                if decoded is None:
                    raise
        if decoded is None:
            return
        text = decoded
    yield from _plain(text, images_container)


def _plain(text: str, images_container: str) -> Iterator[Hints]:
    if text[:1] in ("{", "[", '"'):
        yield from _from_json(text, images_container)
        return
    if JOB_ID.fullmatch(text):
        yield (JobHint(text),)
    if blob_urls.is_url(text):
        yield from ((ref,) for ref in blob_urls.references(text, images_container))
        return
    yield from ((ref,) for ref in _names(text, images_container))


def _names(text: str, images_container: str) -> list[ImageRef]:
    """Take a text for a path or a bare name; storage decides, where it may be either."""
    name, mark, query = text.rpartition("?")
    has_query = mark and "=" in query and not blob_urls.names_one_version(text)
    written = [text, name] if has_query else [text]
    texts = [form for each in (*written, *map(unquote, written)) for form in (each, each.lstrip("/"))]
    paths = [each for each in texts if each.startswith(f"{images_container}/")]
    return blob_urls.within([*paths, *(f"{images_container}/{each}" for each in texts)], images_container)


def _from_base64(text: str) -> str | None:
    """Decode a text: of either alphabet, with or without padding, and in one line or in several."""
    digits = "".join(text.split()).rstrip("=").translate(_URL_SAFE)
    try:
        decoded = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True).decode("utf-8-sig").strip()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return decoded if decoded and not _CONTROL.search(decoded) else None


def _from_json(text: str, images_container: str) -> Iterator[Hints]:
    try:
        body = json_text.parse(text)
    except MessageRejected as rejected:
        if rejected.code == "malformed_json":  # a name may begin like JSON
            yield from _names_if_any(text, images_container)
        raise
    if isinstance(body, list):
        yield _from_list(body, images_container)
    elif isinstance(body, str):
        yield from _plain(body, images_container)  # exact: a name may end with a space
    else:
        yield (_from_object(body, images_container),)


def _names_if_any(text: str, images_container: str) -> Iterator[Hints]:
    try:
        names = _names(text, images_container)
    except MessageRejected:
        return
    yield from ((ref,) for ref in names)


def _from_list(items: list[Any], images_container: str) -> Hints:
    if not items:
        raise MessageRejected("empty", "The list is empty.")
    if len(items) > MAX_ITEMS:
        told = f"The message names {len(items):,} items, but at most {MAX_ITEMS} are allowed. Send several messages."
        raise MessageRejected("too_many_items", told)
    return tuple(_from_item(item, images_container) for item in items)


def _from_item(item: Any, images_container: str) -> Hint:  # noqa: ANN401 - any JSON
    try:
        if isinstance(item, str):
            hints = next(_plain(item, images_container))
            return (
                hints[0]
                if len(hints) == 1
                else BadItem(MessageRejected("unknown_form", "A list must not contain another list."))
            )
        return _from_object(item, images_container)
    except MessageRejected as rejected:
        return BadItem(rejected)


def _from_object(item: Any, images_container: str) -> Hint:  # noqa: ANN401 - JSON may hold anything
    if not isinstance(item, dict):
        raise MessageRejected("unknown_form", "The JSON must be an object that names an image or a job.")
    found = _from_fields(item, images_container)
    traceparent = valid_traceparent(item.get("traceparent"))  # of CloudEvents, and of anybody else who knows a trace
    return ImageHint(found, traceparent) if isinstance(found, ImageRef) and traceparent else found


def _from_fields(item: dict[str, Any], images_container: str) -> JobHint | ImageRef | IgnoreReason:
    if blob_events.is_event(item):
        return blob_events.image_of(item, images_container)
    if item.get("Type") == _TRIGGER:
        return _from_trigger(item, images_container)
    job_id = item.get("job_id")
    if isinstance(job_id, str) and JOB_ID.fullmatch(job_id):
        flow, hop = item.get("flow"), item.get("hop", 0)
        known = isinstance(flow, str) and FLOW.fullmatch(flow) is not None
        return JobHint(job_id, flow if known else None, has_hopped=hop != 0)
    container, name = item.get("container", images_container), item.get("name")
    if isinstance(container, str) and isinstance(name, str):
        return blob_urls.within([f"{container}/{name}"], images_container)[0]
    url = item.get("url")
    if isinstance(url, str):
        return blob_urls.references(url, images_container)[0]
    raise MessageRejected("unknown_form", "The JSON must have 'job_id', 'name' or 'url'.")


def _from_trigger(message: dict[str, Any], images_container: str) -> ImageRef:
    """Read what the host keeps of a blob trigger's event that it has given up on."""
    container, name = message.get("ContainerName"), message.get("BlobName")
    if not isinstance(container, str) or not isinstance(name, str):
        raise MessageRejected("malformed_event", "The event must have 'ContainerName' and 'BlobName'.")
    return blob_urls.within([f"{container}/{name}"], images_container)[0]

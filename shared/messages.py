"""What a queue message may say. A message is a hint; the row is the truth.

Ours is ``{"v": 1, "job_id": …}``. Others' are welcome: whatever names an image or a job, tried from the most to the
least specific form, and decoded from base64 only when nothing else has matched.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.errors import InvalidReference, MessageRejected
from shared.ids import JOB_ID
from shared.images import ImageRef

VERSION = 1
#: The blob service announces these as "created"; renames and the first half of an upload are not among them.
CREATING_APIS = frozenset({"PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose"})
_CREATED = "Microsoft.Storage.BlobCreated"
#: How the Functions host marks its own messages about blobs (azure-sdk-for-net, BlobTriggerMessage).
_TRIGGER = "BlobTrigger"
_SIGNATURE = re.compile(r"([?&]sig=)[^&\s\"']+", re.IGNORECASE)
_SUBJECT = "/blobServices/default/containers/"


@dataclass(frozen=True)
class JobHint:
    """Look at this job."""

    job_id: str


@dataclass(frozen=True)
class BadItem:
    """One item of a list that names nothing, beside others that may."""

    text: str
    why: MessageRejected


#: What one reading of a message asks for, all of it; empty when there is nothing to do.
Hints = tuple[JobHint | ImageRef | BadItem, ...]


def write(job_id: str, traceparent: str | None) -> str:
    """Write our own message.

    No key of it may be called as trigger metadata is (``id``, ``popReceipt``, ``dequeueCount``): the host would
    overwrite its own facts with ours.
    """
    body: dict[str, object] = {"v": VERSION, "job_id": job_id}
    if traceparent:
        body["traceparent"] = traceparent
    return json.dumps(body, separators=(",", ":"))


def text_of(body: bytes) -> str:
    """Decode a body as UTF-8, with or without a byte order mark.

    Raises:
        MessageRejected: ``not_text``.
    """
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MessageRejected("not_text", "The message is not UTF-8 text.") from None


def kept(text: str) -> str:
    """Return a text as it may be kept: valid Unicode, and without the signatures of URLs, which are keys."""
    return _SIGNATURE.sub(r"\1…", text.encode("utf-8", "backslashreplace").decode())


def readings(text: str, *, images_container: str) -> Iterator[Hints]:
    """Yield what the text may mean, most likely first; the caller takes the first that names something real.

    Args:
        text: A message's text.
        images_container: The only container whose images are analysed.

    Raises:
        MessageRejected: It is JSON that names no image; ``empty`` when there is no text.
    """
    text = text.strip()
    if not text:
        raise MessageRejected("empty", "The message is empty.")
    yield from _plain(text, images_container)
    decoded = _from_base64(text)
    if decoded:
        yield from _plain(decoded, images_container)


def _plain(text: str, images_container: str) -> Iterator[Hints]:
    if text[0] in '{["':
        yield _from_json(text, images_container)
        return
    if JOB_ID.fullmatch(text):
        yield (JobHint(text),)
    if text.startswith(("http://", "https://")):
        yield (_in_container(_from_url(text), images_container),)
        return
    for candidate in (text, f"{images_container}/{text}"):
        try:
            ref = ImageRef.of(candidate)
        except InvalidReference:
            continue
        if ref.container == images_container:
            yield (ref,)


def _from_base64(text: str) -> str | None:
    try:
        decoded = base64.b64decode(text, validate=True).decode("utf-8-sig").strip()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return decoded or None


def _from_json(text: str, images_container: str) -> Hints:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise MessageRejected("malformed_json", "The message begins like JSON and is none.") from None
    if isinstance(body, list):
        return tuple(hint for item in body for hint in _from_item_of_list(item, images_container))
    return _from_item(body, images_container)


def _from_item_of_list(item: Any, images_container: str) -> Hints:  # noqa: ANN401 - JSON may hold anything
    try:
        return _from_item(item, images_container)
    except MessageRejected as rejected:
        return (BadItem(json.dumps(item), rejected),)


def _from_item(item: Any, images_container: str) -> Hints:  # noqa: ANN401 - JSON may hold anything
    if isinstance(item, str):
        return next(_plain(item or "?", images_container), ())  # exact: a name may end with a space
    if not isinstance(item, dict):
        raise MessageRejected("unknown_form", "The JSON names no image and no job.")
    if _CREATED in (item.get("eventType"), item.get("type")) or "specversion" in item or "eventType" in item:
        return _from_event(item, images_container)
    if item.get("Type") == _TRIGGER:
        return (_from_trigger(item, images_container),)
    job_id = item.get("job_id")
    if isinstance(job_id, str) and JOB_ID.fullmatch(job_id):
        return (JobHint(job_id),)
    container, name = item.get("container", images_container), item.get("name")
    if isinstance(container, str) and isinstance(name, str):
        return (_in_container(_reference(f"{container}/{name}"), images_container),)
    raise MessageRejected("unknown_form", "The JSON has neither 'job_id' nor 'container' and 'name'.")


def _from_event(event: dict[str, Any], images_container: str) -> Hints:
    """Read an Event Grid or CloudEvents event; one of another kind, or of another container, asks for nothing."""
    data = event.get("data")
    subject = event.get("subject")
    kind = event.get("eventType", event.get("type"))
    if kind != _CREATED:
        return ()
    if not isinstance(data, dict) or not isinstance(subject, str) or not subject.startswith(_SUBJECT):
        raise MessageRejected("malformed_event", "The event has no 'data', or no blob in 'subject'.")
    container, blobs, name = subject.removeprefix(_SUBJECT).partition("/blobs/")
    api = data.get("api", "PutBlob")
    if not isinstance(api, str) or api not in CREATING_APIS or container != images_container:
        return ()
    if not blobs:
        raise MessageRejected("malformed_event", "The event has no blob in 'subject'.")
    return (_reference(f"{container}/{name}"),)


def _from_trigger(message: dict[str, Any], images_container: str) -> ImageRef:
    """Read what the host keeps of a blob trigger's event that it has given up on."""
    container, name = message.get("ContainerName"), message.get("BlobName")
    if not isinstance(container, str) or not isinstance(name, str):
        raise MessageRejected("malformed_event", "The event has no 'ContainerName', or no 'BlobName'.")
    return _in_container(_reference(f"{container}/{name}"), images_container)


def _from_url(url: str) -> ImageRef:
    """Take container and name from a blob's URL; the account stands in the path when the host is an address."""
    try:
        parts = urlsplit(url)
        segments = unquote(parts.path, errors="strict").lstrip("/")
        host = parts.hostname or ""
    except ValueError:
        raise MessageRejected("malformed_url", "The URL can't be read.") from None
    if host == "localhost" or _is_address(host):
        segments = segments.partition("/")[2]
    return _reference(segments)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _reference(ref: str) -> ImageRef:
    try:
        return ImageRef.of(ref)
    except InvalidReference as error:
        raise MessageRejected("invalid_reference", str(error)) from None


def _in_container(ref: ImageRef, images_container: str) -> ImageRef:
    if ref.container != images_container:
        raise MessageRejected("other_container", f"Only images of the container {images_container!r} are analysed.")
    return ref

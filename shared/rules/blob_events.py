"""Events of the blob service, by Event Grid or as CloudEvents: which image has new content, or why none has."""

from collections.abc import Mapping
from typing import Any

from shared.errors import MessageRejected
from shared.rules import blob_urls, json_text
from shared.rules.ignore_reasons import IgnoreReason
from shared.rules.images import ImageRef

#: Kinds and calls are compared in lower case: some that pass events on write them so.
_STORAGE = "microsoft.storage."
_CREATED = f"{_STORAGE}blobcreated"
_RENAMED = f"{_STORAGE}blobrenamed"
_TIER_CHANGED = f"{_STORAGE}blobtierchanged"
#: After these a blob can be read that could not be read before, or not under this name.
_CONTENT = frozenset({_CREATED, _RENAMED, _TIER_CHANGED})
_DIRECTORIES = frozenset({f"{_STORAGE}directory{change}" for change in ("created", "renamed", "deleted")})
#: Announced as created when a file is opened to be written; ``FlushWithClose`` and ``SftpCommit`` follow. Every other
#: call that the service announces as created has brought content, those among them that it does not have yet.
_FIRST_HALVES = ("createfile", "sftpcreate")
_RENAMING = ("renamefile", "sftprename")
_SUBJECT = "/blobServices/default/containers/"


def is_event(item: Mapping[str, Any]) -> bool:
    """Whether an object is an event, of whatever service."""
    kind = item.get("type")
    return "eventType" in item or "specversion" in item or (isinstance(kind, str) and kind.lower().startswith(_STORAGE))


def is_text_of_one(text: str) -> bool:
    """Whether a text is an event: Event Grid writes each in base64, which is no name then, however short it is."""
    try:
        body = json_text.parse(text) if text.startswith("{") else None
    except MessageRejected:
        return False
    return isinstance(body, dict) and is_event(body)


def image_of(event: Mapping[str, Any], images_container: str) -> ImageRef | IgnoreReason:
    """Return the image that an event tells of, or why it asks for nothing.

    Raises:
        MessageRejected: ``malformed_event``, ``invalid_reference``, ``malformed_url``.
    """
    kind = event.get("eventType", event.get("type"))
    if not isinstance(kind, str):
        raise MessageRejected("malformed_event", "The event's kind, 'eventType' or 'type', must be text.")
    kind = kind.lower()
    if kind not in _CONTENT:
        return IgnoreReason.DIRECTORY if kind in _DIRECTORIES else IgnoreReason.OTHER_KIND
    data = event.get("data")
    if not isinstance(data, dict):
        raise MessageRejected("malformed_event", "The event's 'data' must be an object.")
    api = str(data.get("api")).lower()
    if api in _FIRST_HALVES:
        return IgnoreReason.FIRST_HALF
    if kind == _TIER_CHANGED and data.get("accessTier") == "Archive":
        return IgnoreReason.ARCHIVED
    if kind == _RENAMED or api in _RENAMING:
        return _destination(event, data, images_container)
    return _subject(event, images_container)


def _destination(event: Mapping[str, Any], data: Mapping[str, Any], images_container: str) -> ImageRef | IgnoreReason:
    """Follow a renamed blob to its new name."""
    url = data.get("destinationUrl")
    if not isinstance(url, str):
        return _subject(event, images_container)
    try:
        return blob_urls.references(url, images_container)[0]
    except MessageRejected as rejected:
        if rejected.code == "other_container":
            return IgnoreReason.OTHER_CONTAINER
        raise


def _subject(event: Mapping[str, Any], images_container: str) -> ImageRef | IgnoreReason:
    subject = event.get("subject")
    if not isinstance(subject, str) or not subject.startswith(_SUBJECT):
        raise MessageRejected("malformed_event", "The event's 'subject' must name a blob.")
    container, blobs, name = subject.removeprefix(_SUBJECT).partition("/blobs/")
    if container != images_container:
        return IgnoreReason.OTHER_CONTAINER
    if not blobs:
        raise MessageRejected("malformed_event", "The event's 'subject' must name a blob.")
    return blob_urls.within([f"{container}/{name}"], images_container)[0]

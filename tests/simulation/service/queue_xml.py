"""What the queue service reads and writes: XML as Azurite takes it, which is not quite XML."""

import html
import re
from collections.abc import Iterable, Mapping

from tests.simulation.service.exchange import http_date
from tests.simulation.service.queue_messages import Message, Queue

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
#: What no XML document may contain.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LAST = 0x10FFFF
_NUMBER = re.compile(r"&#(?:x(?P<hex>[0-9a-fA-F]+)|(?P<dec>[0-9]+));")
_DOCUMENT = re.compile(
    r"\ufeff?\s*(<\?xml[^>]*\?>)?\s*<(?P<root>\w+)\s*(/>|>(?P<content>.*)</(?P=root)>)\s*", re.DOTALL
)
_TEXT = re.compile(r"\s*<(messagetext)\s*(?:/>|>(?P<text>.*)</\1>)\s*", re.DOTALL | re.IGNORECASE)
_CHUNK = re.compile(r"<!\[CDATA\[(?P<raw>.*?)\]\]>|<!--.*?-->|(?P<text>[^<&]+)|(?P<entity>&#?\w+;)", re.DOTALL)


class Malformed(ValueError):
    """The body is not XML."""


def legible(text: str) -> bool:
    """Tell whether XML can carry a text."""
    return _ILLEGAL.search(text) is None


def read_message(body: bytes) -> str | None:
    """Read the text of a message.

    Args:
        body: ``<QueueMessage><MessageText>…``, or nothing. Control characters may stand in it as they are.

    Returns:
        The text, not normalised; None where the document has no text.

    Raises:
        Malformed: It is no document, or an entity is of no character that XML has.
    """
    if not body:
        return None
    document = _DOCUMENT.fullmatch(body.decode("utf-8", "replace"))
    if document is None:
        raise Malformed
    element = _TEXT.fullmatch(document["content"] or "")
    return None if element is None else _plain(element["text"] or "")


def _plain(markup: str) -> str:
    """Read text with its entities and CDATA sections."""
    position, texts = 0, []
    while position < len(markup):
        chunk = _CHUNK.match(markup, position)
        if chunk is None:
            raise Malformed
        position = chunk.end()
        texts.append(chunk["raw"] or chunk["text"] or _character(chunk["entity"] or ""))
    return "".join(texts)


def _character(entity: str) -> str:
    """Read an entity; "" for none, which a comment has."""
    number = _NUMBER.fullmatch(entity)
    if number is None:
        text = html.unescape(entity)
    else:
        text = chr(min(int(number["hex"], 16) if number["hex"] else int(number["dec"]), _LAST))
    if entity and (text == entity or not legible(text)):
        raise Malformed
    return text


def escape(text: str) -> str:
    """Write text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def element(name: str, content: str) -> str:
    """Write an element; its content is markup."""
    return f"<{name}>{content}</{name}>" if content else f"<{name}/>"


def write_messages(messages: Iterable[Message], fields: Iterable[str]) -> bytes:
    """Write a list of messages with some of their fields.

    Args:
        messages: In their order.
        fields: Names of elements, in their order.
    """
    entries = []
    for message in messages:
        values = {
            "MessageId": message.id,
            "InsertionTime": http_date(message.inserted_at),
            "ExpirationTime": http_date(message.expires),
            "PopReceipt": message.receipt,
            "TimeNextVisible": http_date(message.visible),
            "DequeueCount": str(message.dequeues),
            "MessageText": escape(message.text),
        }
        entries.append(element("QueueMessage", "".join(element(name, values[name]) for name in fields)))
    return (DECLARATION + element("QueueMessagesList", "".join(entries))).encode()


def write_queues(queues: Mapping[str, Queue], *, prefix: str, most: int, marker: str, metadata: bool) -> bytes:
    """Write a page of queues."""
    entries = []
    for name, queue in queues.items():
        pairs = "".join(element(key, escape(value)) for key, value in queue.metadata.items())
        extra = element("Metadata", pairs) if metadata else ""
        entries.append(element("Queue", element("Name", name) + extra))
    content = element("Prefix", escape(prefix)) + element("MaxResults", str(most))
    content += element("Queues", "".join(entries)) + element("NextMarker", escape(marker))
    return f'{DECLARATION}<EnumerationResults ServiceEndpoint="">{content}</EnumerationResults>'.encode()


def write_error(code: str, message: str) -> bytes:
    """Write a refusal."""
    return (DECLARATION + element("Error", element("Code", code) + element("Message", escape(message)))).encode()

"""The queue service: queues, and routes to their messages."""

import re
from collections.abc import Callable
from datetime import timedelta

from tests.simulation.service import queue_xml
from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.exchange import Refusal, Reply, Request, Unreadable, check_name, http_date
from tests.simulation.service.queue_messages import Numbers, Queue

WEEK = 7 * 24 * 60 * 60
#: A message's text, in UTF-8.
LARGEST = 64 * 1024
_MOST_QUEUES = 5000
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_META = "x-ms-meta-"
_RECEIVED = ("MessageId", "InsertionTime", "ExpirationTime", "PopReceipt", "TimeNextVisible", "DequeueCount")
_SENT = _RECEIVED[:-1]
_PEEKED = ("MessageId", "InsertionTime", "ExpirationTime", "DequeueCount", "MessageText")


class QueueService:
    """All queues of an account.

    Service properties and access policies are left out: nothing here asks for them.

    Args:
        clock: The services' time.
        behaviour: Of the account.

    Attributes:
        queues: By name.
    """

    def __init__(self, clock: ServiceClock, behaviour: Behaviour | None = None) -> None:
        self.queues: dict[str, Queue] = {}
        self._clock = clock
        self._behaviour = behaviour or Behaviour()
        self._numbers = Numbers()

    def serve(self, request: Request) -> Reply:
        """Answer; a refusal is an answer too."""
        try:
            return self._route(request)(request)
        except Refusal as refusal:
            if isinstance(refusal, Unreadable) and not self._behaviour.codes_refusals:
                return Reply(refusal.status)
            headers = {"x-ms-error-code": refusal.code}
            if request.method == "HEAD":
                return Reply(refusal.status, headers)
            body = queue_xml.write_error(refusal.code, refusal.message)
            return Reply(refusal.status, headers | {"Content-Type": "application/xml"}, body)

    def _route(self, request: Request) -> Callable[[Request], Reply]:
        method, segments, comp = request.method, request.segments, request.query.get("comp", "")
        if segments and comp != "list":
            check_name(segments[0], _NAME)
        routes: dict[tuple[str, str, int], Callable[[Request], Reply]] = {
            ("GET", "list", 0): self._list,
            ("PUT", "", 1): self._create,
            ("DELETE", "", 1): self._delete,
            ("GET", "metadata", 1): self._properties,
            ("HEAD", "metadata", 1): self._properties,
            ("PUT", "metadata", 1): self._set_metadata,
            ("POST", "", 2): self._put_message,
            ("GET", "", 2): self._get_messages,
            ("DELETE", "", 2): self._clear,
            ("PUT", "", 3): self._update_message,
            ("DELETE", "", 3): self._delete_message,
        }
        route = routes.get((method, comp, len(segments)))
        if route is None or (len(segments) > 1 and segments[1] != "messages"):
            raise Unreadable("InvalidUri")
        return route

    def _list(self, request: Request) -> Reply:
        most = self._number(request, "maxresults", _MOST_QUEUES)
        if most < 1:
            raise Unreadable("OutOfRangeQueryParameterValue")
        prefix, marker = request.query.get("prefix", ""), request.query.get("marker", "")
        names = sorted(name for name in self.queues if name.startswith(prefix) and name >= marker)
        body = queue_xml.write_queues(
            {name: self.queues[name] for name in names[:most]},
            prefix=prefix,
            most=most,
            marker=names[most] if len(names) > most else "",
            metadata="metadata" in request.query.get("include", "").split(","),
        )
        return Reply(200, {"Content-Type": "application/xml"}, body)

    def _create(self, request: Request) -> Reply:
        name, metadata = request.segments[0], _metadata(request)
        queue = self.queues.get(name)
        if queue is None:
            self.queues[name] = Queue(self._clock, self._behaviour, self._numbers, metadata)
            return Reply(201)
        if queue.metadata != metadata:
            raise Refusal(409, "QueueAlreadyExists", "The specified queue already exists.")
        return Reply(204)

    def _delete(self, request: Request) -> Reply:
        self._queue(request)
        del self.queues[request.segments[0]]
        return Reply(204)

    def _properties(self, request: Request) -> Reply:
        queue = self._queue(request)
        headers = {_META + key: value for key, value in queue.metadata.items()}
        return Reply(200, headers | {"x-ms-approximate-messages-count": str(len(queue))})

    def _set_metadata(self, request: Request) -> Reply:
        self._queue(request).metadata = _metadata(request)
        return Reply(204)

    def _put_message(self, request: Request) -> Reply:
        delay = self._number(request, "visibilitytimeout", 0)
        life = self._number(request, "messagettl", WEEK)
        if life < -1:
            raise Unreadable("InvalidQueryParameterValue")
        text = self._text(request)
        if text is None:
            raise Refusal(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")
        _check_range(delay, 0, WEEK)
        if life == 0 or (life != -1 and delay >= life and {"messagettl", "visibilitytimeout"} <= request.query.keys()):
            message = "Value for one of the query parameters specified in the request URI is invalid."
            raise Refusal(400, "InvalidQueryParameterValue", message)
        queue = self._queue(request)
        sent = queue.put(text, delay=timedelta(seconds=delay), life=None if life < 0 else timedelta(seconds=life))
        return Reply(201, {"Content-Type": "application/xml"}, queue_xml.write_messages([sent], _SENT))

    def _get_messages(self, request: Request) -> Reply:
        most = self._number(request, "numofmessages", 1)
        if most < 1:
            raise Unreadable("OutOfRangeQueryParameterValue")
        hide = self._number(request, "visibilitytimeout", 30)
        peeks = request.query.get("peekonly") == "true"
        if not peeks:
            _check_range(hide, 1, WEEK)
        _check_range(most, 1, 32)
        queue = self._queue(request)
        messages = queue.peek(most) if peeks else queue.get(most, hide=timedelta(seconds=hide))
        if not all(queue_xml.legible(message.text) for message in messages):
            return Reply(500)
        body = queue_xml.write_messages(messages, _PEEKED if peeks else (*_RECEIVED, "MessageText"))
        return Reply(200, {"Content-Type": "application/xml"}, body)

    def _clear(self, request: Request) -> Reply:
        self._queue(request).clear()
        return Reply(204)

    def _update_message(self, request: Request) -> Reply:
        receipt = self._receipt(request)
        if "visibilitytimeout" not in request.query:
            raise Unreadable("MissingRequiredQueryParameter")
        hide = self._number(request, "visibilitytimeout", 0)
        text = self._text(request)
        _check_range(hide, 0, WEEK)
        queue = self._queue(request)
        message = queue.update(request.segments[2], receipt, text=text, hide=timedelta(seconds=hide))
        return Reply(
            204,
            {
                "x-ms-popreceipt": message.receipt,
                "x-ms-time-next-visible": http_date(message.visible),
            },
        )

    def _delete_message(self, request: Request) -> Reply:
        receipt = self._receipt(request)
        self._queue(request).delete(request.segments[2], receipt)
        return Reply(204)

    def _queue(self, request: Request) -> Queue:
        queue = self.queues.get(request.segments[0])
        if queue is None:
            raise Refusal(404, "QueueNotFound", "The specified queue does not exist.")
        return queue

    def _receipt(self, request: Request) -> str:
        if "popreceipt" not in request.query:
            raise Unreadable("MissingRequiredQueryParameter")
        return request.query["popreceipt"]

    def _text(self, request: Request) -> str | None:
        """Read a message, and refuse one that is too long."""
        try:
            text = queue_xml.read_message(request.body)
        except queue_xml.Malformed as error:
            raise Unreadable("InvalidXmlDocument") from error
        if text is not None and self._behaviour.checks_texts and not queue_xml.legible(text):
            raise Unreadable("InvalidXmlDocument")
        if text is not None and len(text.encode()) > LARGEST:
            message = "The request body is too large and exceeds the maximum permissible limit."
            raise Refusal(413, "RequestBodyTooLarge", message)
        return text

    def _number(self, request: Request, name: str, default: int) -> int:
        if name not in request.query:
            return default
        try:
            return int(request.query[name])
        except ValueError as error:
            raise Unreadable("InvalidQueryParameterValue") from error


def _check_range(value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        message = "One of the query parameters specified in the request URI is outside the permissible range."
        raise Refusal(400, "OutOfRangeQueryParameterValue", message)


def _metadata(request: Request) -> dict[str, str]:
    return {key.removeprefix(_META): value for key, value in request.headers.items() if key.startswith(_META)}

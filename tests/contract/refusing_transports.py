"""Transports whose service refuses: to list, or what concerns one blob, row or message."""

import json
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared.runtime import Runtime
from tests.doubles.transports import Passing
from tests.simulation.service.exchange import Reply
from tests.simulation.service.transport import answer, content_of

#: How the table service answers a transaction of which it refuses an operation: the whole is accepted, a part is not.
_PART = """--batchresponse_b\r
Content-Type: multipart/mixed; boundary=changesetresponse_c\r
\r
--changesetresponse_c\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
\r
HTTP/1.1 {status} Refused\r
Content-Type: application/json\r
\r
{problem}\r
--changesetresponse_c--\r
--batchresponse_b--\r
"""

#: Does not wait between the tries of a read.
IMPATIENT = Runtime(pause=lambda _: None)


class Refusing(Passing):
    """Answer listings by a status of one's own, and pass the rest.

    Args:
        inner: What is beneath.
        status: Of the answer.

    Attributes:
        refusals_left: How many listings are still to be refused.
    """

    def __init__(self, inner: HttpTransport[Any, Any], *, status: int) -> None:
        super().__init__(inner)
        self._status = status
        self.refusals_left = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Refuse, or send."""
        if self.refusals_left <= 0 or "comp=list" not in request.url or "restype=container" not in request.url:
            return super().send(request, **kwargs)
        self.refusals_left -= 1
        return answer(request, Reply(self._status, {"Content-Type": "text/plain"}))


class RefusingBlobs(Passing):
    """Answer requests whose URL holds a text by a status and a code, and pass the rest.

    Attributes:
        answers: Status and code by the text.
        requests: How many so far, those that were refused among them.
    """

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self.answers: dict[str, tuple[int, str]] = {}
        self.requests = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Refuse, or send."""
        self.requests += 1
        for text, (status, code) in self.answers.items():
            if text in request.url:
                coded = {"x-ms-error-code": code} if code else {}
                return answer(request, Reply(status, {"Content-Type": "text/plain", **coded}))
        return super().send(request, **kwargs)


class RefusingWrites(Passing):
    """Answer writes whose body or URL holds a text by a status and a code, and pass the rest.

    Attributes:
        answers: Status and code by the text; those of transactions are answers to one of their operations.
        whole: Whether a transaction is refused as a whole, before anything in it is looked at.
        refusals: How many writes were refused.
    """

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self.answers: dict[str, tuple[int, str]] = {}
        self.whole = False
        self.refusals = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Refuse, or send."""
        if request.method != "POST":
            return super().send(request, **kwargs)
        written = f"{request.url} {content_of(request).decode('utf-8', 'replace')}"
        for text, (status, code) in self.answers.items():
            if text in written:
                self.refusals += 1
                return answer(request, self._reply(status, code, part="$batch" in request.url and not self.whole))
        return super().send(request, **kwargs)

    @staticmethod
    def _reply(status: int, code: str, *, part: bool) -> Reply:
        problem = json.dumps({"odata.error": {"code": code, "message": {"value": f"0:{code}"}}} if code else {})
        if not part:
            headers = {"Content-Type": "application/json"} | ({"x-ms-error-code": code} if code else {})
            return Reply(status, headers, problem.encode())
        body = _PART.format(status=status, problem=problem).encode()
        headers = {"Content-Type": "multipart/mixed; boundary=batchresponse_b", "Content-Length": str(len(body))}
        return Reply(202, headers, body)

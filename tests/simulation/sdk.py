"""The SDKs without what costs a simulated world most: threads for each transaction, and a mail library for its body.

The table SDK prepares and reads each request of a transaction in threads of their own, and writes the body as a mail.
Here both are done in turn and by hand. The bytes are the same; a test holds them to the SDK's own.
"""

import concurrent.futures
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from azure.core.rest import _helpers

_EOL = b"\r\n"


class InTurn(Executor):
    """An executor that calls at once, in the thread that asks."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - an executor
        """Call."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def quick_sdk() -> Iterator[None]:
    """Let the SDKs of this process be quick until the context ends."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(concurrent.futures, "ThreadPoolExecutor", InTurn))
        stack.enter_context(mock.patch.object(_helpers, "_prepare_multipart_body_helper", prepare_body))
        yield


def prepare_body(request: Any, content_index: int = 0) -> int:  # noqa: ANN401 - a request that the SDK hides
    """Write the body of a transaction; return how many parts there are so far."""
    if not request.multipart_mixed_info:
        return 0
    boundary, body = request.multipart_mixed_info[2], []
    for part in request.multipart_mixed_info[0]:
        if part.multipart_mixed_info:
            content_index = part.prepare_multipart_body(content_index=content_index)
            head = f"Content-Type: {part.headers['Content-Type']}"
            payload = part.content
        else:
            head = f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {content_index}"
            payload = part.serialize()
            content_index += 1
        body += [b"--%s" % boundary.encode(), head.encode(), b"", payload]
    body += [b"--%s--" % boundary.encode(), b""]
    request.set_bytes_body(_EOL.join(body))
    request.headers["Content-Type"] = f"multipart/mixed; boundary={boundary}"
    return content_index

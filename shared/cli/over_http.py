"""The API of an app at an address: TLS, no redirects, bounded times and sizes, and few repetitions."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError

from shared.cli.app_address import FORM, LOOPBACK, split_address
from shared.cli.no_answer import Failure
from shared.cli.request_body import open_body
from shared.cli.service import Reply, ServiceDown, ServiceUnreachable, outcome, target
from shared.errors import SettingsInvalid
from shared.rules.sizing import MOST_BYTES
from shared.runtime import Runtime

#: Environment variable: a key of the API or of its host.
KEY = "DARKROOM_KEY"
_ROOT = "/api"
#: Seconds to connect, to wait for each part of a response, and for all of it once it has begun.
_CONNECT_SECONDS, _READ_SECONDS, _BODY_SECONDS = 10.0, 120.0, 120.0
#: A page of 200 jobs with reports has less.
_LONGEST, _CHUNK = 64 * 1024 * 1024, 1024 * 1024
#: How often a request is sent at most, and how long the app may let us wait before we give up.
_TRIES, _LONGEST_PAUSE = 5, 30.0
_FIRST_PAUSE = 0.5
#: Statuses that say that a request was put off, and those that leave open whether it was obeyed.
_LATER, _OPEN = frozenset({429, 503}), frozenset({500, 502, 504})
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_CONNECTIONS = 8


class OverHttp:
    """An app at an address.

    Args:
        address: Such as ``https://app.azurewebsites.net``, with or without ``/api``.
        environ: Has the key in DARKROOM_KEY, and perhaps a proxy.
        runtime: Time and chance.

    Raises:
        SettingsInvalid: The address or the key has another form.
    """

    def __init__(self, address: str, environ: Mapping[str, str], *, runtime: Runtime) -> None:
        try:
            split = split_address(address)
            self._pool = _pools(split).connection_from_url(f"{split.scheme}://{split.netloc}")
        except (ValueError, LocationParseError):
            raise SettingsInvalid([f"--url or DARKROOM_URL: {FORM}"]) from None
        self._host, self._runtime = split.netloc, runtime
        self._root = split.path.rstrip("/").removesuffix(_ROOT) + _ROOT
        key = environ.get(KEY, "").strip()
        if not key.isascii() or not (key or "-").isprintable():
            raise SettingsInvalid([f"{KEY}: must be a key of ASCII characters"])
        keys = {"x-functions-key": key, "Authorization": f"Bearer {key}"} if key else {}
        self._headers = {**keys, "User-Agent": "darkroom", "Accept": "application/json, */*"}

    @property
    def most_bytes(self) -> int:
        """See ``Service.most_bytes``: an app does not tell its limit."""
        return MOST_BYTES

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object | None = None,
        data: bytes | Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """See ``Service.call``.

        A request that the app puts off is sent again when it says. One that had no answer, or perhaps no effect, is
        sent again where a second one has the same effect as the first; never where only the operator can mend the
        reason.
        """
        raw_path, words = target(path, query)
        url = f"{self._root}{raw_path}{'?' if words else ''}{words}"
        content = json.dumps(body).encode() if body is not None else data
        own = {} if body is None else {"Content-Type": "application/json"}
        all_headers = {**self._headers, **own, **(headers or {})}
        may_repeat = method in _IDEMPOTENT
        for left in reversed(range(_TRIES)):
            pause = _FIRST_PAUSE * 2 ** (_TRIES - 1 - left) * (0.5 + self._runtime.chance())
            answer = self._send(method, url, content, all_headers)
            if isinstance(answer, Failure):
                self._judge(answer, is_over=not (left and (may_repeat or answer.is_unsent)))
            else:
                asked = _retry_after(answer)
                is_later = answer.status in _LATER or (may_repeat and answer.status in _OPEN)
                if not left or not is_later or (asked or 0) > _LONGEST_PAUSE:
                    return outcome(answer)
                pause = pause if asked is None else asked
            self._runtime.pause(pause)
        raise AssertionError("the last try returns or raises")

    def _judge(self, failure: Failure, *, is_over: bool) -> None:
        """Raise where a request is not sent again."""
        if failure.advice is not None:
            raise ServiceUnreachable(f"{self._host} can't be asked: {failure.reason}. {failure.advice}")
        if is_over:
            raise ServiceDown(f"{self._host} does not answer: {failure.reason}. Try again later.")

    def _send(self, method: str, url: str, content: bytes | Path | None, headers: Mapping[str, str]) -> Reply | Failure:
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
        try:
            with open_body(content) as (body, own):
                response = self._pool.urlopen(
                    method,
                    url,
                    body=body,
                    headers={**headers, **own},
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
            names = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status, names, self._content(response))
        except HTTPError as error:
            return Failure.of(error)

    def _content(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """Read a body to its end; the connection is then free for the next request."""
        began, parts, size = self._runtime.monotonic(), list[bytes](), 0
        while part := response.read(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > _LONGEST or self._runtime.monotonic() - began > _BODY_SECONDS:
                response.close()
                raise ServiceDown(f"The answer of {self._host} is too long, or comes too slowly.")
        response.release_conn()
        return b"".join(parts)


def _pools(split: SplitResult) -> urllib3.PoolManager:
    """Return what makes connections: through the proxy of the environment, if it names one for this host."""
    host = split.hostname or ""
    proxy = None if host in LOOPBACK or proxy_bypass(host) else getproxies().get(split.scheme)
    if not proxy:
        return urllib3.PoolManager(maxsize=_CONNECTIONS)
    user = urlsplit(proxy)
    login = f"{user.username}:{user.password or ''}" if user.username else None
    return urllib3.ProxyManager(
        proxy, maxsize=_CONNECTIONS, proxy_headers=urllib3.make_headers(proxy_basic_auth=login) if login else None
    )


def _retry_after(reply: Reply) -> float | None:
    """Return how many seconds to wait, as the app has said; None if it has not."""
    seconds = reply.headers.get("retry-after", "")
    return float(seconds) if re.fullmatch("[0-9]{1,6}", seconds) else None

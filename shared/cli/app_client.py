"""The deployed app over HTTP, for ``darkroom doctor``: TLS, no redirects, bounded times and sizes, and its own keys."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import BaseHandler, HTTPRedirectHandler, ProxyHandler, Request, build_opener

from shared.cli.app_address import LOOPBACK, split_address
from shared.ports.deployment import AppReply
from shared.steps.operators.doctor.app_check import HOST, HOST_KEY, KEY

_SECONDS = 10.0
_LONGEST = 1024 * 1024


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is a response like any other: keys go to the address that the operator has given, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - as urllib calls it
        """Follow none."""
        return


class DeployedApp:
    """An app at an address.

    Args:
        address: Such as ``https://app.azurewebsites.net``.
        environ: Has the keys.

    Raises:
        ValueError: The address has another form.
    """

    def __init__(self, address: str, environ: Mapping[str, str]) -> None:
        split = split_address(address)
        if split.path.strip("/"):
            raise ValueError("must be an address without a path, such as https://app.azurewebsites.net")
        is_here = split.hostname in LOOPBACK
        self._root = f"{split.scheme}://{split.netloc}"
        own: tuple[BaseHandler, ...] = (ProxyHandler({}),) if is_here else ()
        self._opener = build_opener(_NoRedirects, *own)
        key = environ.get(KEY, "").strip()
        host_key = environ.get(HOST_KEY, "").strip() or key
        if any(not word.isascii() or not word.isprintable() for word in (key, host_key)):
            raise ValueError(f"must be used with keys of ASCII characters in {KEY} and {HOST_KEY}")
        self._headers = {"x-functions-key": key, "Authorization": f"Bearer {key}"} if key else {}
        self._host_headers = {"x-functions-key": host_key} if host_key else {}

    def get(self, path: str) -> AppReply:
        """See ``Deployment.get``."""
        return self._send(path, self._host_headers if path == HOST else self._headers)

    def forge(self, path: str, headers: Mapping[str, str]) -> AppReply:
        """See ``Deployment.forge``."""
        return self._send(path, headers)

    def _send(self, path: str, headers: Mapping[str, str]) -> AppReply:
        request = Request(f"{self._root}{path}", headers={**headers, "Accept": "application/json"})  # noqa: S310 - http(s)
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return AppReply(status=response.status, content=_content(response.read(_LONGEST)))
        except HTTPError as error:
            with error:
                return AppReply(status=error.code)
        except URLError as error:
            return AppReply(status=None, reason=_reason(error.reason))
        except (OSError, http.client.HTTPException) as error:
            return AppReply(status=None, reason=_reason(error))


def _content(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _reason(error: object) -> str:
    """Return what the system says; no address and no key is in it."""
    said = getattr(error, "strerror", None)
    return said if isinstance(said, str) and said else type(error).__name__

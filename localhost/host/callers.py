"""Who may call a host that asks for no key: what this machine addresses by its own names, and no page of another site.

A page whose name resolves to 127.0.0.1 (DNS rebinding) calls us by that name. A page of another site can send a POST,
if not read the answer.
"""

import ipaddress
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: The host's own paths; no route of an app begins so.
_OWN_API = ("/admin", "/runtime")
_OTHER_NAME = "This host answers only requests to localhost and loopback addresses. --allow-host NAME adds a name.\n"
_OTHER_SITE = "The host refuses requests that a browser sends for a page of another site.\n"


class CallerCheck:
    """Refuse what is addressed to another name, and what a page of another site sends to the host's own API.

    Args:
        port: Returns where the host listens.
        names: Other names under which it may be called, each with or without a port.
    """

    def __init__(self, port: Callable[[], int], names: Iterable[str] = ()) -> None:
        self._port = port
        self._names = frozenset(name.lower() for name in names)

    def refusal(self, request: Request) -> PlainTextResponse | None:
        """Return the refusal of a request; None when it may pass. Routes of the app judge pages themselves."""
        if not all(self._is_local(host) for host in (request.state.host, *request.headers.getlist("host"))):
            return PlainTextResponse(_OTHER_NAME, 403)
        if request.scope["path"].startswith(_OWN_API) and request.method not in _SAFE and _is_cross_site(request):
            return PlainTextResponse(_OTHER_SITE, 403)
        return None

    def _is_local(self, host: str) -> bool:
        name, port = _split(host)
        if {host.lower(), name} & self._names:
            return True
        return port in ("", str(self._port())) and (name == "localhost" or _is_loopback(name))


def _is_cross_site(request: Request) -> bool:
    """Tell whose page it is: by Sec-Fetch-Site, or by Origin, or by Referer; no browser leaves out all three."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"none", "same-origin"}
    page = request.headers.get("origin", request.headers.get("referer"))
    if page is None:
        return False
    try:
        return urlsplit(page).netloc.lower() != str(request.state.host).lower()
    except ValueError:
        return True


def _split(host: str) -> tuple[str, str]:
    """Return name, without the brackets of IPv6, and port."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or port.endswith("]"):
        name, port = host.lower(), ""
    return name.removeprefix("[").removesuffix("]"), port


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

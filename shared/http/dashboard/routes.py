"""The calls of a browser that opens the page. They need no key: the page holds no data, and asks for the key itself."""

import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Path
from starlette.responses import HTMLResponse, Response

from shared.http import etags, render
from shared.http.dashboard.assets import POLICY, Asset, assets
from shared.http.dependencies import IfNoneMatch, Strict
from shared.http.error_codes import ErrorCode
from shared.http.openapi import binary_response, empty_response, problems
from shared.http.problems import Problem

router = APIRouter(route_class=Strict, tags=["dashboard"])

#: Another version of a file has another address.
_FOR_GOOD = "public, max-age=31536000, immutable"
#: The address of the page may carry a key, and a cache would keep it: nothing keeps the shell, which is small.
_HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
#: Of every response that may be packed, and of 304 in its place: a cache must not mix the two.
_VARIES = {"Vary": "Accept-Encoding"}
_NOTHING = re.compile(r"q=0(?:\.0*)?", re.IGNORECASE)

AcceptEncoding = Annotated[str, Header(include_in_schema=False)]


@router.get("/dashboard", operation_id="getDashboard", response_class=HTMLResponse, responses={**problems()})
def get_dashboard(accept_encoding: AcceptEncoding = "") -> Response:
    """Get the dashboard, a page for people."""
    return _respond(assets().shell, _HEADERS, is_packed=_takes_gzip(accept_encoding))


@router.get(
    "/dashboard/{version}/{file:path}",
    operation_id="getDashboardFile",
    response_class=Response,
    responses={
        200: binary_response("text/*", {"type": "string"}, "The file.", "ETag"),
        304: empty_response("The client has this file already.", "ETag"),
        **problems(404),
    },
)
def get_dashboard_file(
    version: Annotated[str, Path(description="Of all files of the page together; the page names it.")],
    file: Annotated[str, Path(description="Its name in the page.")],
    if_none_match: IfNoneMatch = None,
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """Get a style or a script of the dashboard, to be kept for good."""
    page = assets()
    asset = page.files.get(file) if version == page.version else None
    if asset is None:
        raise Problem(ErrorCode.NO_SUCH_PATH)
    is_packed = _takes_gzip(accept_encoding)
    etag = asset.gzip_etag if is_packed else asset.etag
    headers = {"ETag": etag, "Cache-Control": _FOR_GOOD}
    if etags.matches(if_none_match, etag):
        return render.response_304(headers | _VARIES)
    return _respond(asset, headers, is_packed=is_packed)


def _respond(asset: Asset, headers: Mapping[str, str], *, is_packed: bool) -> Response:
    """Respond with a file, packed where the client takes that."""
    encoding = {"Content-Encoding": "gzip"} if is_packed else {}
    content = asset.gzip_content if is_packed else asset.content
    return Response(content, headers={**headers, **_VARIES, **encoding}, media_type=asset.media_type)


def _takes_gzip(accept_encoding: str) -> bool:
    """Say whether a client has named gzip, and not with the weight of nothing: RFC 9110 section 12.5.3."""
    return any(
        name.strip().lower() == "gzip" and not _NOTHING.fullmatch(weight.strip())
        for name, _, weight in (part.partition(";") for part in accept_encoding.split(","))
    )

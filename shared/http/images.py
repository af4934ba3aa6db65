"""Calls on images: upload, analyse and look up."""

# ruff: noqa: FAST003 - paths name their parameters as clients know them: by the aliases of JobId and ImageId
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.errors import InvalidReference, Mismatch, NoSuchImage
from shared.http import cursors, etags, lists, media_types, render, requests, responses
from shared.http.dependencies import Api, Dependencies, IfMatch, IfNoneMatch, Strict, Traceparent
from shared.http.openapi import binary_response, empty_response, json_response, links, problems
from shared.http.problems import invalid
from shared.ports.images import ImageEntry
from shared.ports.index import IMAGE_ID, KeyPosition, Page
from shared.ports.queries import JobQuery
from shared.rules.filters import EVERYTHING, JobFilter
from shared.rules.ids import digest
from shared.rules.images import ANY_VERSION, ImageRef, version_of
from shared.rules.jobs import State
from shared.rules.timestamps import rfc3339
from shared.steps.intake.record import RecordResult
from shared.tracing import valid_traceparent


class _DigestConvertor(StringConvertor):
    """Only the id of an image: the name of an image may end in ``/thumbnail``."""

    regex = "[0-9a-f]{32}"


class _NameConvertor(StringConvertor):
    """The rest of a path, with line ends, so that a refusal can say what is wrong with the name."""

    regex = r"(?s:.*)"


register_url_convertor("digest", _DigestConvertor())
register_url_convertor("name", _NameConvertor())
router = APIRouter(route_class=Strict, tags=["images"])

#: For so many seconds a client may keep a thumbnail; another version of the image has another job and ETag.
_THUMBNAIL_MAX_AGE = 300
_MAX_BUCKETS = 256
_ACCEPTED = json_response(responses.AcceptedImage, "The job of the image is recorded.", "Location", "Retry-After") | {
    "links": links("getJob")
}
_IMAGE = json_response(responses.Image, "The image.")
_UNCHANGED = empty_response("The client has the current version already.", "ETag")
_IMAGE_PAGE = json_response(responses.ImagePage, "A page.", "ETag") | {
    "links": links("getImage", "getThumbnail", source="items/0/image_id", parameter="image")
}
_BYTES = {"type": "string", "format": "binary"}
_UPLOAD = {"schema": _BYTES | {"minLength": 1}}
_IMAGE_ID = "^[0-9a-f]{32}$"

ImageId = Annotated[
    str,
    Path(
        alias="image",
        pattern=_IMAGE_ID,
        description="The id of the image: a hash of its job type and `container/name`.",
        examples=["00112233445566778899aabbccddeeff"],
    ),
]
ImageName = Annotated[
    str,
    Path(
        alias="image",
        min_length=1,
        max_length=1024,
        pattern=requests.NAME_PATTERN,
        json_schema_extra=requests.IMAGE_NAME,
        description="The name of the image. It may contain `/`, but no backslash, and no dot before `/` or at its end.",
        examples=["cat.png"],
    ),
]


async def _body(request: Request) -> bytes:
    """Return the body, without a copy where the host passes it on in one piece."""
    pieces = [piece async for piece in request.stream() if piece]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@router.post(
    "/images", operation_id="analyzeImage", status_code=202, responses={202: _ACCEPTED, **problems(404, 409, 415)}
)
def analyze_image(api: Api, image: requests.ImageName, traceparent: Traceparent = None) -> Response:
    """Analyse an image that is already in the container."""
    with _names_field("body.name"):
        ref = _ref(api, image.name)
        return _accept(api, ref, api.darkroom().record.record(ref, traceparent=valid_traceparent(traceparent)))


@router.put(
    "/images/{image:name}",
    operation_id="uploadImage",
    status_code=202,
    responses={202: _ACCEPTED, **problems(404, 409, 412, 415)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": dict.fromkeys(media_types.UPLOADS, _UPLOAD),
        }
    },
)
def upload_image(
    *,
    api: Api,
    name: ImageName,
    data: Annotated[bytes, Depends(_body)],
    content_type: Annotated[str, Header(include_in_schema=False)] = media_types.UNDECLARED,
    if_match: IfMatch = None,
    if_none_match: Annotated[str, Header(pattern=r"^\*?$", description="`*`: only if no image has this name.")] = "",
) -> Response:
    """Upload an image and analyse it."""
    mime = media_types.of_upload(content_type)
    if not data:
        raise invalid("body", "must not be empty.")
    only_new, etag = if_none_match != "", _blob_version(if_match)
    if only_new and etag is not None:
        raise Mismatch  # both can't be true at once
    with _names_field("path.image"):
        ref = _ref(api, name)
        recorded = api.darkroom().upload.upload(ref, data, content_type=mime, only_new=only_new, etag=etag)
    return _accept(api, ref, recorded)


@router.get("/images", operation_id="listImages", responses={200: _IMAGE_PAGE, 304: _UNCHANGED, **problems(409)})
def list_images(
    *,
    api: Api,
    name: lists.Name = None,
    order: lists.Order = None,
    state: Annotated[State | None, Query()] = None,
    prefix: lists.Prefix = None,
    part: lists.Part = None,
    image_format: lists.Format = None,
    error: lists.Error = None,
    flag: lists.Flag = None,
    since: lists.Since = None,
    until: lists.Until = None,
    brief: lists.Brief = False,
    limit: lists.Limit = 50,
    cursor: lists.Cursor = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List images, or find the image with a name.

    Without `order` and filters the list has no order. In the order `newest` it has only images whose job is there, and
    a page may be empty and still have a cursor.
    """
    wanted = JobFilter(
        name_prefix=prefix, name_part=part, format=image_format, error=error, flag=flag, since=since, until=until
    )
    in_order = order is not None or state is not None or wanted != EVERYTHING
    if name is not None and in_order:
        raise invalid("query.name", "must be used without filters and without `order`.")
    if in_order:
        query = JobQuery(states=None if state is None else frozenset({state}), filter=wanted)
        page, more = _newest(api, query, limit, cursor)
    elif name is None:
        page, more = _by_digest(api, limit, cursor)
    else:
        page, more = Page(_find_by_name(api, name)), None
    items = [render.brief_image(image) if brief else render.image(image) for image in page.items]
    return lists.respond(items, more, if_none_match, complete=page.complete)


@router.get("/images/{image}", operation_id="getImage", responses={200: _IMAGE, **problems(404, 405, 409)})
def get_image(api: Api, image_id: ImageId) -> Response:
    """Get an image, with the job of its newest version."""
    return JSONResponse(render.image(api.darkroom().lookup.image(image_id)))


@router.get(
    "/images/{image:digest}/thumbnail",
    operation_id="getThumbnail",
    response_class=Response,
    responses={
        200: binary_response("image/*", _BYTES, "The thumbnail.", "ETag"),
        304: _UNCHANGED,
        **problems(404, 405, 409),
    },
)
def get_thumbnail(api: Api, image_id: ImageId, if_none_match: IfNoneMatch = None) -> Response:
    """Get the thumbnail of an image."""
    thumbnail = api.darkroom().lookup.thumbnail(image_id)
    etag = f'"{thumbnail.job_id}.{thumbnail.token}"'
    headers = {"ETag": etag, "Cache-Control": f"private, max-age={_THUMBNAIL_MAX_AGE}"}
    if etags.matches(if_none_match, etag):
        return render.response_304(headers)
    mime = media_types.of_thumbnail(thumbnail.data)
    if mime is None:
        raise NoSuchImage
    return Response(thumbnail.data, headers=headers | {"Content-Disposition": "inline"}, media_type=mime)


def _ref(api: Dependencies, name: str) -> ImageRef:
    """Return the reference of an image in the container of images."""
    return ImageRef.of(f"{api.darkroom().settings.images_container}/{name}")


@contextmanager
def _names_field(field: str) -> Iterator[None]:
    """Refuse an invalid name with the field that has it."""
    try:
        yield
    except InvalidReference as error:
        raise invalid(field, str(error)) from None


def _accept(api: Dependencies, ref: ImageRef, recorded: RecordResult) -> Response:
    image_id = digest(api.darkroom().settings.image_type, ref.ref)
    body = {"id": recorded.job_id, "image_id": image_id, "outcome": recorded.outcome.value}
    headers = render.location(recorded.job_id) | {"Retry-After": str(render.POLL_SECONDS)}
    return JSONResponse(body, 202, headers=headers)


def _find_by_name(api: Dependencies, name: str) -> list[ImageEntry]:
    try:
        with _names_field("query.name"):
            return [api.darkroom().lookup.image_by_name(name)]
    except NoSuchImage:
        return []


def _blob_version(if_match: str | None) -> str | None:
    """Return the bare ETag of the blob to replace; None if any blob or none may be there."""
    tags = etags.parse(if_match)
    if tags is None:
        return None
    if tags.wildcard:
        return ANY_VERSION  # false if there is no blob: RFC 9110 section 13.1.1
    if len(tags.strong) != 1 or version_of(tags.strong[0]) == ANY_VERSION:  # with quotes it is a tag, which no blob has
        raise Mismatch
    return version_of(tags.strong[0])


def _newest(api: Dependencies, query: JobQuery, limit: int, cursor: str | None) -> tuple[Page[ImageEntry], str | None]:
    wanted, states = query.filter, sorted(query.states or ())
    names = [wanted.name_prefix, wanted.name_part, wanted.format, wanted.error, wanted.flag]
    filters = ["newest", states, *names, rfc3339(wanted.since), rfc3339(wanted.until)]
    page = api.darkroom().gallery.newest(query, limit=limit, after=lists.position(cursor, filters))
    return page, lists.cursor_behind(page, filters)


def _by_digest(api: Dependencies, limit: int, cursor: str | None) -> tuple[Page[ImageEntry], str | None]:
    page = api.darkroom().lookup.images(limit=limit, after=_place(cursor))
    after = page.after
    return page, cursors.encode([after.bucket, after.digest], "images") if isinstance(after, KeyPosition) else None


def _place(cursor: str | None) -> KeyPosition | None:
    if cursor is None:
        return None
    bucket, image = cursors.decode(cursor, "images", (int, str))
    place = KeyPosition(int(bucket), str(image))
    if not 0 <= place.bucket < _MAX_BUCKETS or not IMAGE_ID.fullmatch(place.digest):
        raise cursors.refusal()
    return place

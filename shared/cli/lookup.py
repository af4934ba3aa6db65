"""Find a job or an image by what an operator has at hand: an id, or a name as lists show it."""

from typing import Any

from shared.cli.service import Service, ServiceRefused
from shared.errors import NotFound
from shared.ports.index import IMAGE_ID
from shared.rules.ids import JOB_ID

_NOT_FOUND, _INVALID = 404, 422


class NoSuchThing(NotFound):
    """Neither a job nor an image goes by it."""


def is_job_id(word: str) -> bool:
    """Say whether a word is the id of a job."""
    return JOB_ID.fullmatch(word) is not None


def find_job(service: Service, word: str) -> dict[str, Any]:
    """Return the job of an id, or that of an image's newest version.

    Raises:
        NoSuchThing: No job or image goes by this word.

    Costs:
        1 request; 2 for an image whose name begins with its container's.
    """
    if is_job_id(word):
        return get(service, f"/jobs/{word}", f"{word}: No job has this id.", id=str)
    job = find_image(service, word).get("job")
    if not isinstance(job, dict):
        raise NoSuchThing(f"{word}: The job of this image was purged.")
    return job


def find_image(service: Service, word: str) -> dict[str, Any]:
    """Return the image of an id or a name; a name may have its container's before it, as references do.

    Raises:
        NoSuchThing: No job or image goes by this word.

    Costs:
        1 request; 2 for a name that begins with its container's.
    """
    if IMAGE_ID.fullmatch(word):
        return get(service, f"/images/{word}", f"{word}: No image has this id.", image_id=str)
    for name in dict.fromkeys((word, word.partition("/")[2])):
        found = _images_of(service, name) if name else []
        if found:
            return found[0]
    raise NoSuchThing(f"{word}: No image is recorded under this name, and it is no id of a job or an image.")


def _images_of(service: Service, name: str) -> list[dict[str, Any]]:
    """Return the image of a name, or none: also where no image can have that name."""
    try:
        images: list[dict[str, Any]] = service.call("GET", "/images", query={"name": name}).json(items=list)["items"]
    except ServiceRefused as refused:
        if refused.status != _INVALID:
            raise
        return []
    return images


def get(service: Service, path: str, refusal: str, **members: type) -> dict[str, Any]:
    """Return what stands at a path.

    Args:
        service: The API.
        path: Of one thing.
        refusal: What to say if nothing is there.
        members: See ``Reply.json``.

    Raises:
        NoSuchThing: Nothing is there.
    """
    try:
        return service.call("GET", path).json(**members)
    except ServiceRefused as refused:
        if refused.status != _NOT_FOUND:
            raise
        raise NoSuchThing(refusal) from None

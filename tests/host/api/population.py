"""Jobs and images to find: some in every state, with their ETags, and one image with its thumbnail."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.rules.images import ImageRef
from tests.doubles.world import png
from tests.host.api.api_host import Served

TYPES = ("word-count", "spell-check", "image-analysis")
#: How each job is moved on: to the state that it shall be in, and no further.
_WAYS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "PENDING": (),
    "RUNNING": (("claim", {"owner": "ground"}),),
    "COMPLETED": (("claim", {"owner": "ground"}), ("complete", {"result": {"lines": 3}})),
    "FAILED": (("claim", {"owner": "ground"}), ("fail", {"error": {"code": "bad_input", "message": "Empty."}})),
    "CANCELED": (("cancel", {}),),
}


@dataclass
class Ground:
    """What there is.

    Attributes:
        jobs: State and ETag by id.
        images: Names by id.
        pictured: The id of an image with a thumbnail, and the id of its job, which must stay as it is.
    """

    jobs: dict[str, tuple[str, str]] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    pictured: tuple[str, str] = ("", "")


def laid(served: Served, *, each: int) -> Ground:
    """Lay so many jobs of each state, and as many images."""
    ground = Ground()
    for number in range(each):
        for state, way in _WAYS.items():
            job = {"type": TYPES[number % 2], "ref": f"ground/{state}/{number}"}
            identity, stands, etag = _moved(served, job, way)
            ground.jobs[identity] = (stands, etag)
        name = f"ground/{number}.png"
        recorded = served.darkroom.upload.upload(
            ImageRef.of(f"images/{name}"), png(40 + number, 30), content_type="image/png", only_new=False, etag=None
        )
        if number == 0:
            served.darkroom.attempt.run(recorded.job_id, owner="ground")
    items = json.loads(served.ask("GET", "/api/images").data)["items"]
    ground.images = {item["image_id"]: item["name"] for item in items}
    ground.pictured = next((item["image_id"], item["job"]["id"]) for item in items if item["state"] == "COMPLETED")
    return ground


def _moved(served: Served, job: dict[str, Any], way: Iterable[tuple[str, dict[str, Any]]]) -> tuple[str, str, str]:
    """Add a job and move it on; return its id, its state and its ETag."""
    place, sent, headers = "/api/jobs", job, dict[str, str]()
    for call, after in (*way, ("", {})):
        answer = served.ask("POST", place, body=json.dumps(sent).encode(), headers=headers)
        assert answer.status in {200, 201}, answer.data
        told = json.loads(answer.data)
        place, sent, headers = f"/api/jobs/{told['id']}/{call}", after, {"If-Match": answer.headers["ETag"]}
    return told["id"], told["state"], answer.headers["ETag"]

"""Jobs in every state, with their ETags, images, one of them with its thumbnail, and a rejected message."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.rules.images import ImageRef
from tests.doubles.world import png
from tests.host.api.api_host import ApiHost

TYPES = ("word-count", "spell-check", "image-analysis")
#: The calls that bring a job to a state.
_WAYS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "PENDING": (),
    "RUNNING": (("claim", {"owner": "population"}),),
    "COMPLETED": (("claim", {"owner": "population"}), ("complete", {"result": {"lines": 3}})),
    "FAILED": (("claim", {"owner": "population"}), ("fail", {"error": {"code": "bad_input", "message": "Empty."}})),
    "CANCELED": (("cancel", {}),),
}


@dataclass
class Population:
    """The jobs and images of a host.

    Attributes:
        jobs: State and ETag by id.
        images: Names by id.
        thumbnail: The id of an image with a thumbnail, and the id of its job, which must stay as it is.
        rejected: The ids of rejected messages.
    """

    jobs: dict[str, tuple[str, str]] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    thumbnail: tuple[str, str] = ("", "")
    rejected: list[str] = field(default_factory=list)


def populate(host: ApiHost, *, each: int) -> Population:
    """Add so many jobs in each state, and as many images."""
    population = Population()
    for number in range(each):
        for state, way in _WAYS.items():
            job = {"type": TYPES[number % 2], "ref": f"population/{state}/{number}"}
            identity, actual, etag = _add_job(host, job, way)
            population.jobs[identity] = (actual, etag)
        name = f"population/{number}.png"
        upload = host.darkroom.upload.upload(
            ImageRef.of(f"images/{name}"), png(40 + number, 30), content_type="image/png", only_new=False, etag=None
        )
        if number == 0:
            host.darkroom.attempt.run(upload.job_id, owner="population")
    items = json.loads(host.ask("GET", "/api/images").data)["items"]
    population.images = {item["image_id"]: item["name"] for item in items}
    population.thumbnail = next((item["image_id"], item["job"]["id"]) for item in items if item["state"] == "COMPLETED")
    host.darkroom.receive.receive(b"{", owner="population")
    population.rejected = [item["id"] for item in json.loads(host.ask("GET", "/api/rejected").data)["items"]]
    return population


def _add_job(host: ApiHost, job: dict[str, Any], way: Iterable[tuple[str, dict[str, Any]]]) -> tuple[str, str, str]:
    """Add a job and move it on; return its id, its state and its ETag."""
    place, content, headers = "/api/jobs", job, dict[str, str]()
    for call, after in (*way, ("", {})):
        response = host.ask("POST", place, body=json.dumps(content).encode(), headers=headers)
        assert response.status in {200, 201}, response.data
        body = json.loads(response.data)
        place, content, headers = f"/api/jobs/{body['id']}/{call}", after, {"If-Match": response.headers["ETag"]}
    return body["id"], body["state"], response.headers["ETag"]

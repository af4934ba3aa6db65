"""List price of a million images in storage requests, from the requests that a contestant really sends.

All requests from the recording of an image, or the sending of its message, to its result. Prices of general-purpose v2,
hot, LRS, a million operations, as listed at https://azure.microsoft.com/pricing/details/storage/blobs/, …/queues/ and
…/tables/; a transaction of several rows is one operation.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.contest.contestants import Contestant
from bench.contest.entrants import ENTRANTS
from bench.contest.estimates import announce
from bench.contest.figures import Finding, typed
from bench.contest.images import image_bytes, names
from bench.contest.own import Own
from bench.contest.service import Service
from bench.contest.turns import PROCESSES

#: Dollars for a million operations, by what ``kind_of`` says.
PRICES = {"queue": 0.40, "table": 0.036, "blob read": 0.44, "blob write": 5.50}
IMAGES, WARM = 120, 16
_SECONDS = 120.0
_TURN_SECONDS, _IMAGE_SECONDS = 6.0, 0.02


def main(words: list[str]) -> int:
    """Count, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    kinds = list(PRICES)
    finding = Finding("cost", typed("cost", words), ("", *kinds, "$ per million images"))
    entrants = [(name, "off") for name in options.entrants]
    entrants += [(name, "blob") for name in options.entrants if name.endswith("report")]
    with Service() as service, tempfile.TemporaryDirectory() as folder:
        warm, images = names("warm", WARM), names("image", options.images)
        service.insert_blobs("photos", [*warm, *images], image_bytes("10 KB"))
        for number, (name, thumbnails) in enumerate(entrants):
            title = name if thumbnails == "off" else f"{name}, thumbnails in blobs"
            print(f"{title} ...", file=sys.stderr, flush=True)
            contestant = ENTRANTS[name](service, Path(folder) / str(number), number, container="photos")
            if isinstance(contestant, Own):
                contestant.settings["THUMBNAILS"] = thumbnails
            counts = _counts(contestant, service, warm, images)
            each = {kind: counts[kind] / len(images) for kind in kinds}
            cells = (title, *(f"{each[kind]:.2f}" for kind in kinds), f"{price(each):.2f}")
            finding.add(cells, contestant=title, requests=each, dollars_per_million=price(each))
    prices = ", ".join(f"{kind} ${dollars:g}" for kind, dollars in PRICES.items())
    finding.notes.append(
        f"Requests an image, its message's sending among them. List prices a million operations, LRS, hot: {prices} "
        "([blobs](https://azure.microsoft.com/pricing/details/storage/blobs/), "
        "[queues](https://azure.microsoft.com/pricing/details/storage/queues/), "
        "[tables](https://azure.microsoft.com/pricing/details/storage/tables/)). dramatiq stores no result."
    )
    finding.show(write=options.write)
    return 0


def price(requests: dict[str, float]) -> float:
    """Return the dollars for a million images that take so many requests each, by kind."""
    return sum(PRICES[kind] * count for kind, count in requests.items())


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench cost", description=__doc__)
    parser.add_argument("--entrants", nargs="+", choices=ENTRANTS, default=list(ENTRANTS))
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes; who makes reports has a second turn."""
    turns = len(options.entrants) + sum(name.endswith("report") for name in options.entrants)
    return float((_TURN_SECONDS + _IMAGE_SECONDS * options.images) * turns)


def _counts(contestant: Contestant, service: Service, warm: list[str], images: list[str]) -> Counter[str]:
    """Count the requests from the first image's recording to the last one's result."""
    try:
        contestant.start(PROCESSES)
        contestant.feed(warm)
        contestant.wait_for(len(warm), seconds=_SECONDS)
        contestant.group.pause()
        begin = service.mark()
        contestant.feed(images)
        contestant.group.resume()
        contestant.wait_for(len(warm) + len(images), seconds=_SECONDS)
        return service.requests(begin, service.mark())
    finally:
        contestant.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

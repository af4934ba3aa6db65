"""The work that every contestant does: fetch a blob, make its thumbnail, hash its bytes.

Where everything is and where to note what has ended comes from the environment: ``BENCH_CONNECTION``,
``BENCH_CONTAINER``, ``BENCH_RUNS`` (a file), ``BENCH_SECONDS`` (how long a run goes on at least; 0 by default).
"""

import hashlib
import os
import threading
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from azure.storage.blob import BlobServiceClient, ContainerClient
from PIL import Image

EDGE_PX, QUALITY = 320, 80


def run(name: str) -> dict[str, object]:
    """Fetch a blob and do the rest."""
    return make(name, _container().download_blob(name).readall())


def make(name: str, data: bytes) -> dict[str, object]:
    """Do the rest, and note that the work is over; its result is committed behind that, or never."""
    with Image.open(BytesIO(data)) as image:
        image.thumbnail((EDGE_PX, EDGE_PX))
        stream = BytesIO()
        image.convert("RGB").save(stream, "WEBP", quality=QUALITY)
    if seconds := float(os.environ.get("BENCH_SECONDS", "0")):
        threading.Event().wait(seconds)
    note("BENCH_RUNS", name)
    return {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "thumbnail_bytes": len(stream.getvalue())}


def note(variable: str, name: str) -> None:
    """Add a line to the file that a variable of the environment names; one write, so that lines never mix."""
    with Path(os.environ[variable]).open("ab", buffering=0) as file:
        file.write(f"{name}\n".encode())


@lru_cache(maxsize=1)
def _container() -> ContainerClient:
    service = BlobServiceClient.from_connection_string(os.environ["BENCH_CONNECTION"])
    return service.get_container_client(os.environ["BENCH_CONTAINER"])

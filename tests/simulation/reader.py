"""The judge: it reads everything that is stored, raw, and knows no code of production."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from tests.simulation.ledger import Ledger
from tests.simulation.rules import LIVE, Row, code_of
from tests.simulation.service.account import Account
from tests.simulation.service.exchange import Request

_JSON = {"accept": "application/json;odata=minimalmetadata"}
#: Ends of a job that are the image's own, or an operator's, so that there is no result.
_ANSWERS = frozenset({"unsupported_format", "canceled"})


@dataclass(frozen=True)
class Blob:
    """A blob as it stands.

    Attributes:
        name: In its container.
        version: Its ETag, bare.
        digest: SHA-256 of its bytes.
    """

    name: str
    version: str
    digest: str


def rows_of(account: Account, table: str) -> list[dict[str, Any]]:
    """Read a whole table."""
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        reply = account.serve(Request("GET", "table", (f"{table}()",), query, _JSON))
        if reply.status != 200:
            return found
        found += json.loads(reply.body)["value"]
        headers = {name.lower(): value for name, value in reply.headers.items()}
        following = {"NextPartitionKey": "nextpartitionkey", "NextRowKey": "nextrowkey"}
        query = {
            key: headers[f"x-ms-continuation-{name}"]
            for key, name in following.items()
            if f"x-ms-continuation-{name}" in headers
        }
        if not query:
            return found


def blobs_of(account: Account, container: str) -> Iterator[Blob]:
    """Read all blobs of a container."""
    marker = ""
    while True:
        query = {"restype": "container", "comp": "list"} | ({"marker": marker} if marker else {})
        page = ET.fromstring(  # noqa: S314 - our own double's
            account.serve(Request("GET", "blob", (container,), query, {})).body
        )
        for each in page.iter("Blob"):
            name = unquote(each.findtext("Name") or "")
            reply = account.serve(Request("GET", "blob", (container, name), {}, {}))
            etag = re.sub(r'^W/|"', "", reply.headers["ETag"])
            yield Blob(name, etag, sha256(reply.body).hexdigest())
        marker = page.findtext("NextMarker") or ""
        if not marker:
            return


def judge(account: Account, ledger: Ledger, *, jobs: str, images: str) -> list[str]:
    """Say what is wrong when all is quiet.

    Args:
        account: Whatever is stored.
        ledger: What was written, and jobs that are gone by now.
        jobs: Name of the table.
        images: Name of the container.
    """
    stored = {row["RowKey"][4:]: row for row in rows_of(account, jobs) if row["RowKey"].startswith("job:")}
    wrong = [f"{job_id}: still {row['state']}" for job_id, row in stored.items() if row["state"] in LIVE]
    if sorted(stored) != sorted(ledger.jobs()):
        wrong.append("the ledger does not have the jobs that are stored")
    for blob in blobs_of(account, images):
        wrong += _judge_blob(blob, f"{images}/{blob.name}", stored, ledger)
    return wrong


def _judge_blob(blob: Blob, ref: str, stored: Mapping[str, Row], ledger: Ledger) -> list[str]:
    """The newest version of a blob has exactly one result, and that is of its bytes."""
    mine, gone = (
        [row for row in rows if row["ref"] == ref and blob.version in (row.get("version"), row.get("retagged"))]
        for rows in (stored.values(), ledger.graves.values())
    )
    results = [row for row in mine if row["state"] == "COMPLETED"]
    if len(results) > 1:
        return [f"{ref} {blob.version}: {len(results)} results"]
    results = results or [row for row in gone if row["state"] == "COMPLETED"]
    if results:
        seen = json.loads(results[-1]["report"])["source"]["sha256"]
        return [] if seen == blob.digest else [f"{ref} {blob.version}: the result is of other bytes"]
    ends = [end_of(row) for row in mine]
    if gone or ref in ledger.forgotten_refs or any(end in _ANSWERS for end in ends):
        return []  # deleted by hand, or past its retention, before anybody opened it again
    return [f"{ref} {blob.version}: no result; its jobs: {', '.join(ends) or 'none'}"]


def end_of(row: Row) -> str:
    """Return why a job has ended without a result, or where it stands."""
    return code_of(row) or str(row["state"])

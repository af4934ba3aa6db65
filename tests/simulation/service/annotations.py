"""``odata.`` annotations: what replies say of tables and rows beside their values."""

from tests.simulation.service.entities import FULL, NONE, Row
from tests.simulation.service.exchange import Reply
from tests.simulation.service.payloads import Payload

_ACCOUNT = "devstoreaccount1"
_ROOT = f"http://127.0.0.1:10002/{_ACCOUNT}"


def metadata_head(context: str, metadata: str) -> dict[str, str]:
    """Return what the whole of a reply is annotated with."""
    return {} if metadata == NONE else {"odata.metadata": f"{_ROOT}/$metadata#{context}"}


def table_head(table: str, metadata: str) -> dict[str, str]:
    """Return a table's annotations, alone or in a list."""
    return _links("Tables", f"Tables('{table}')") if metadata == FULL else {}


def entity_head(table: str, row: Row, metadata: str, *, alone: bool = True) -> dict[str, str]:
    """Return a row's annotations, and those of the reply where it is alone in it."""
    if metadata == NONE:
        return {}
    context = f"{table}/@Element" if row.partition else "Tables/@Element"
    head = (metadata_head(context, metadata) if alone else {}) | {"odata.etag": row.etag}
    if metadata == FULL:
        head |= _links(table, f"{table}(PartitionKey='{row.partition}',RowKey='{row.row_key}')")
    return head


def _links(kind: str, link: str) -> dict[str, str]:
    return {"odata.type": f"{_ACCOUNT}.{kind}", "odata.id": f"{_ROOT}/{link}", "odata.editLink": link}


def created(payload: Payload, headers: dict[str, str], body: bytes) -> Reply:
    """Return what has been created, as the request prefers."""
    preference = payload.headers.get("prefer", "return-content")
    if preference == "return-no-content":
        return Reply(204, headers | {"Preference-Applied": preference})
    if preference == "return-content":
        return Reply(201, headers | {"Preference-Applied": preference}, body)
    return Reply(201, headers)

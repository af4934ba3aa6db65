"""The client of a table: the SDK's, with a shorter way for what each image needs, and rows as they come.

Costs: what the SDK's would: each call is one request, and a read is repeated as the SDK would.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.data.tables import TableClient, TableEntity
from azure.data.tables._deserialize import _convert_to_entity
from azure.data.tables._error import _process_table_error

from shared.storage import batches
from shared.storage.plain_rows import PlainRows
from shared.storage.policies import for_writes, keep_useful

_ACCEPTED, _OK = 202, 200


class Table(TableClient):
    """The client of one table."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - of the SDK
        super().__init__(*args, **kwargs)
        operations: Any = self._client.table
        self._row_of = operations._deserialize = PlainRows(operations._deserialize)  # noqa: SLF001 - no other way
        self._steps: Any = self._client._client._pipeline  # noqa: SLF001 - the same
        keep_useful(self._steps)
        self._writes = for_writes(self._steps)
        self._account_url = f"{self.scheme}://{self._primary_hostname}"
        self._url = f"{self._account_url}/{self.table_name}"

    def get_entity(
        self,
        partition_key: str,
        row_key: str,
        *,
        select: Sequence[str] | None = None,
        **options: Any,  # noqa: ANN401 - of the SDK
    ) -> TableEntity:
        """Read one row. Costs: 1 read."""
        url = batches.address(self._url, {"PartitionKey": partition_key, "RowKey": row_key})
        headers = {"x-ms-version": self.api_version, "DataServiceVersion": "3.0", "Accept": _ROWS}
        params = None if select is None else {"$select": ",".join(select)}
        try:
            answer = self._steps.run(HttpRequest("GET", url, headers=headers, params=params), stream=False, **options)
            if answer.http_response.status_code != _OK:
                raise HttpResponseError(response=answer.http_response)  # noqa: TRY301 - as the SDK's own
        except HttpResponseError as error:
            _process_table_error(error, table_name=self.table_name)  # type: ignore[no-untyped-call] # the SDK's
        entity: TableEntity = _convert_to_entity(self._row_of("{object}", answer))  # type: ignore[no-untyped-call] # the SDK's
        return entity

    def submit_transaction(
        self,
        operations: Sequence[batches.Operation],  # type: ignore[override] # a sequence, as each of ours is
        **options: Any,  # noqa: ANN401 - of the SDK
    ) -> list[Mapping[str, Any]]:
        """Write all of the operations or none. Costs: 1 transaction."""
        boundary, content = batches.write(operations, url=self._url, version=self.api_version)
        request = HttpRequest(
            "POST",
            f"{self._account_url}/$batch",
            headers={
                "x-ms-version": self.api_version,
                "DataServiceVersion": "3.0",
                "MaxDataServiceVersion": "3.0;NetFx",
                "Content-Type": f"multipart/mixed; boundary={boundary}",
                "Accept": "application/json",
            },
            content=content,
        )
        response = self._writes.run(request, stream=True, **options).http_response
        body = response.read()
        if response.status_code != _ACCEPTED:
            raise batches.refusal(HttpResponseError, response.status_code, body, response.headers)
        return batches.read(body, len(operations))


_ROWS = "application/json;odata=minimalmetadata"

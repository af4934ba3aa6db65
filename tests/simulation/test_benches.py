"""The benches that need no Azurite run as the code is today."""

import pytest

from bench import reads
from bench.contest.filling import KIND, do_nothing, fill
from shared import wiring
from tests.sdk_clients import table_of
from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess


def test_a_table_has_the_rows_of_as_many_ended_jobs_as_a_bench_wants() -> None:
    environ = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    transport = InProcess(storage_account())
    room = wiring.build(environ, transport=transport, threaded=False, works={KIND: do_nothing})
    room.storage.create()
    table = table_of(room.storage.jobs)
    written = fill(room, table, 60)
    assert written >= 60
    assert written <= len([*table.list_entities()]) < written + 20


def test_reads_are_compared_with_those_of_the_sdk(capsys: pytest.CaptureFixture[str]) -> None:
    assert reads.main(["--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    assert [line for line in (*reads.SIZES, reads.ROW, reads.PAGE) if f"| {line} |" not in printed] == []

"""Faults in what decides whether a write was applied, and in the transactions of the tables."""

from tests.simulation.planting import fault

_KEY_OPTIONS = '{"mode": UpdateMode.REPLACE, **cas.if_match(over.etag)}'

STORAGE = (
    # Whether a write was applied.
    fault(
        "absent after a time-out means lost",
        ("shared.storage.cas:_look", "_Verdict.UNDECIDED if guard.etag is None else _Verdict.LOST", "_Verdict.LOST"),
    ),
    fault(
        "as it was after a time-out means lost",
        (
            "shared.storage.cas:_look",
            "return _Verdict.UNDECIDED\n    return _check_proof",
            "return _Verdict.LOST\n    return _check_proof",
        ),
    ),
    fault(
        "whatever stands after a time-out is mine",
        ("shared.storage.cas:_look", 'row.get("nonce") == guard.nonce', 'row.get("nonce") is not None'),
    ),
    fault(
        "what stands after a time-out is never mine",
        ("shared.storage.cas:_look", 'row.get("nonce") == guard.nonce', 'row.get("nonce") is guard'),
    ),
    fault(
        "no proof is looked for when others have moved the row on",
        ("shared.storage.cas:_look", "return _check_proof(table, guard, limits)", "return _Verdict.LOST"),
    ),
    fault(
        "any attempt proves a claim",
        (
            "shared.storage.cas:_check_proof",
            "row.get(column) == guard.nonce",
            "row.get(column) is not None",
        ),
    ),
    fault(
        "no answer in time means done",
        (
            "shared.storage.cas:transact",
            'raise Undecided(f"{guard.row_key}: no answer in time")',
            "return MOVED_ON",
        ),
    ),
    fault(
        "the refusal of a repetition is taken at its word",
        ("shared.storage.cas:transact", "is_refusal(error) and transaction.sends == 1", "is_refusal(error)"),
    ),
    fault(
        "a server error means refused",
        ("shared.storage.sdk_errors:is_refusal", "and status < _SERVER_ERROR", ""),
    ),
    fault(
        "too many requests means refused",
        ("shared.storage.sdk_errors:is_refusal", "and status not in _UNDECIDED", ""),
    ),
    fault(
        "a reply counts when its head has come",
        (
            "shared.storage.transport:read_whole",
            "    response = reply.internal_response",
            "    return\n    response = reply",
        ),
    ),
    fault(
        "an outage of a read looks like no row",
        (
            "shared.storage.job_table:JobTable._read",
            "except ResourceNotFoundError:",
            "except Exception:",
        ),
    ),
    fault(
        "an outage of a read looks like no blob",
        (
            "shared.storage.blobs:BlobContainers._about",
            "except ResourceNotFoundError:",
            "except AzureError:",
        ),
    ),
    fault(
        "a message of which no reply has come is given up",
        (
            "shared.storage.retries:repeat",
            "if is_refusal(error):",
            'if what == "message":\n                return\n            if is_refusal(error):',
        ),
    ),
    # Transactions.
    fault(
        "key row written without its ETag",
        ("shared.storage.job_table:_key_operation", _KEY_OPTIONS, '{"mode": UpdateMode.REPLACE}'),
    ),
    fault(
        "supersede not in the same transaction",
        (
            "shared.storage.job_table:JobTable.insert",
            "operations += _operations(*superseded, place=place, nonce=nonce)",
            "self.replace(*superseded)",
        ),
    ),
    fault(
        "supersede left out",
        ("shared.storage.job_table:JobTable.insert", "if superseded is not None:", "if over is None and superseded:"),
    ),
    fault(
        "job inserted over one that stands",
        (
            "shared.storage.job_table:_additions",
            '("create", columns)',
            '("upsert", columns)',
        ),
    ),
    fault(
        "job moved on without its index row",
        ("shared.storage.job_table:_operations", ', ("create", index)]', "]"),
    ),
    fault(
        "attempt left open",
        ("shared.storage.job_table:_operations", "if end is not None:", "if end is not None and row is None:"),
    ),
    fault(
        "claim proven by the wrong column",
        ("shared.storage.job_table:_proof", '"claim_nonce"', '"end_nonce"'),
    ),
    fault(
        "commit proven by the wrong column",
        ("shared.storage.job_table:_proof", '"end_nonce"', '"claim_nonce"'),
    ),
    fault(
        "whatever version stands there is analysed",
        (
            "shared.storage.blobs:_download",
            """etag=f'"{version}"',
        match_condition=MatchConditions.IfNotModified,""",
            "",
        ),
    ),
    fault(
        "a thumbnail is sent again when the lease is over",
        ("shared.steps.work.analyze:Analyze._publish", "stop=lambda: attempt.lost", "stop=lambda: False"),
    ),
    fault(
        "all attempts at a job share one thumbnail",
        ("shared.rules.thumbnails:name_of", "{token}", "1"),
    ),
    fault(
        "the first Date of a reply chain counts, not the last",
        (
            "shared.storage.server_date:ReplyDate.__call__",
            "self._date = date_of",
            "self._date = self._date or date_of",
        ),
    ),
)

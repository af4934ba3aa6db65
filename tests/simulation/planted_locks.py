"""Faults in leases, their heartbeat, and the named locks."""

from tests.simulation.planting import fault

_OPTIONS = 'options = {"mode": UpdateMode.REPLACE, **cas.if_match(row.etag)}'
_TABLE = "shared.storage.lock_table:LockTable.replace"
_LOCKS = "shared.steps.table_lock:TableLock"
_HELD = "shared.heartbeat:HeldLease"

HOLDING = (
    # Leases and their heartbeat.
    fault(
        "expiry by the client's clock",
        (
            "shared.storage.job_table:JobTable.get",
            "seen_at=reply.date)",
            "seen_at=reply.modified_at(entity) + timedelta(seconds=abs(self.clock.monotonic())))",
        ),
    ),
    fault(
        "a lease lapses before its time",
        ("shared.rules.leases:lapsed", "> lease + margin", "> lease / 2"),
    ),
    fault(
        "no re-check after the claim",
        ("shared.steps.work.claims:Claims.begin", "if held.lost:", "if held is None:"),
    ),
    fault(
        "a lease is counted from the reply",
        (f"{_HELD}._renew_once", "self._sent_at = sent_at", "self._sent_at = self._monotonic()"),
        (
            "shared.steps.work.claims:Claims.begin",
            "sent_at=sent_at",
            "sent_at=self.monotonic()",
        ),
    ),
    fault(
        "a holder does not look at its clock",
        (f"{_HELD}.lost", "self._is_refused or self._monotonic() >= stop_at", "self._is_refused or not stop_at"),
    ),
    fault(
        "a holder goes on after its renewal was refused",
        (f"{_HELD}._renew_once", "self._is_refused = True", "self._is_refused = False"),
    ),
    fault(
        "a holder keeps back no margin",
        ("shared.rules.leases:stop_at", "(lease - margin)", "(lease + 3 * margin)"),
    ),
    fault(
        "leases taken after an idle spell are never renewed",
        ("shared.heartbeat:Heartbeat.hold", "self._wake.set()", "pass"),
    ),
    fault(
        "leases are never renewed",
        ("shared.heartbeat:Heartbeat._renew", '"""Renew one lease', 'return\n        """Renew one lease'),
    ),
    fault(
        "a renewal that fails is the last",
        (f"{_HELD}._renew_once", "self._next_at = max(stop_at, self._monotonic())", 'self._next_at = float("inf")'),
    ),
    fault(
        "a renewal gives no time",
        ("shared.rules.moves:renew", "lease=lease,", "lease=timedelta(0),"),
    ),
    fault(
        "a commit does not wait for the renewal under way",
        (f"{_HELD}.retire", "with self._mutex:", "if True:"),
        (
            "shared.steps.work.held_claim:HeldClaim._write",
            "except Lost:",
            "except Lost:\n                raise self.refusal(None, event) from None",
        ),
    ),
    # Named locks.
    fault(
        "release without its ETag", (_TABLE, _OPTIONS, f'{_OPTIONS} if lock.owner else {{"mode": UpdateMode.REPLACE}}')
    ),
    fault(
        "release that asks neither owner nor token",
        ("shared.rules.locks:release", "_own(held, owner, token)", "held or _own(held, owner, token)"),
    ),
    fault(
        "release repeated with the ETag that was refused",
        ("shared.steps.table_lock:Tenure.release", "row = self._store.get(self._lock.name)", "row = row"),
    ),
    fault(
        "release that deletes the row",
        (
            _TABLE,
            '("update", columns, options)',
            '("update", columns, options) if lock.owner else ("delete", columns, cas.if_match(row.etag))',
        ),
    ),
    fault(
        "remembered ETag not dropped after its refusal",
        (f"{_LOCKS}.try_acquire", "self._own_releases.pop(name, None)", "self._own_releases.get(name)"),
        (
            f"{_LOCKS}.try_acquire",
            "self._rivalries.add(name)  #",
            'raise LockHeld(f"{name}: another was first") from None  #',
        ),
    ),
    fault(
        "renewal of a lapsed lock that was taken",
        ("shared.rules.locks:renew", "replace(_own(held, owner, token))", "replace(held, owner=owner, token=token)"),
    ),
    fault(
        "no re-check after the acquisition",
        (f"{_LOCKS}._take", "if held.lost:", "if held is None:"),
    ),
    fault(
        "lock taken over by the client's clock",
        (
            "shared.storage.lock_table:LockTable.get",
            "reply.modified_at(entity), reply.date)",
            "reply.modified_at(entity), reply.modified_at(entity) + timedelta(seconds=abs(self.clock.monotonic())))",
        ),
    ),
    fault(
        "a lapsed lock is not taken over",
        (f"{_LOCKS}._take", "lapsed = row is not None and", "lapsed = row is None and"),
    ),
    fault(
        "a live lock is taken over",
        ("shared.rules.locks:acquire", "and not lapsed:", "and lapsed is None:"),
    ),
    fault(
        "lock acquired without a higher token",
        ("shared.rules.locks:acquire", "held.token + 1", "held.token"),
    ),
)

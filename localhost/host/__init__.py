"""A Functions host for machines without ``func``: it listens, and has functions called in a worker process.

What it does, and when, follows the real host (docs/local-host.md), so that what survives here survives there:
leases, dequeue counts, receipts, poison queues, singletons, past-due timers. It knows triggers, never steps, and is
never deployed. Start it by ``python -m localhost.host --app DIR``.
"""

"""A Functions host for machines without ``func``: it loads ``function_app.py`` and calls its triggers.

What it does, and when, follows the real host (docs/local-host.md), so that what survives here survives there:
leases, dequeue counts, receipts, poison queues, singletons, past-due timers. It knows triggers, never steps, and is
never deployed. Start it by ``python -m localhost.host --app DIR``.
"""

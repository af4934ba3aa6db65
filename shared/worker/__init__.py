"""A long-running consumer outside Functions: it does for the steps what the Functions host does for the triggers.

A ``worker`` has a ``consumer`` of the job queue, which is ``awake`` for what the process sends itself, and ``chores``:
what timers do. Called by the command alone.
"""

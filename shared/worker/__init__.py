"""A long-running consumer outside Functions: it does for the steps what the Functions host does for the triggers.

A ``worker`` has a ``consumer`` of the job queue, which is ``awake`` for what the process sends itself, and ``chores``:
what timers do. ``run`` runs one until an end is wished for, a ``supervisor`` has several, each a ``child``. Called by
the command alone.
"""

"""A long-running consumer outside Functions: it does for the steps what the Functions host does for the triggers.

``run`` starts a ``worker`` in this process, or several under a ``supervisor``. A worker has a ``consumer`` of the job
queue and, in ``chores``, what timers do; ``health`` serves its state. Called by the command alone.
"""

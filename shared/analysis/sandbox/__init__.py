"""Child processes that may crash, hang, run out of memory or be taken over, and what keeps them apart from the rest.

``pool`` is what wiring builds, and runs in the host's process with ``child_process``, ``replies`` and ``starter``.
``child`` is the child's program, and confines itself by ``confinement`` and ``syscalls``. Both sides know ``protocol``
and ``layers``. Nothing is imported here: a child has no use for what its parent needs.
"""

"""Child processes that may crash, hang, run out of memory or be taken over, and what keeps them apart from the rest.

Called by ``steps.bounds``, which builds one sandbox for the settings. What runs inside a child is
``shared.analysis.child``.
"""

from shared.analysis.sandbox.pool import OVERHEAD_BYTES, START_SECONDS, Bounds, Sandbox

__all__ = ["OVERHEAD_BYTES", "START_SECONDS", "Bounds", "Sandbox"]

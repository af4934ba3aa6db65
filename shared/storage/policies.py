"""The steps of an SDK's pipeline that a request goes through: those that do something here.

The SDKs put a dozen of them around each request; half do nothing for us, and all together take a third of what the
client does for a small one (measured).
"""

from collections.abc import Set as AbstractSet
from copy import copy
from typing import Any

#: By name, as each SDK has its own: what follows redirects, of which the services send none; what names proxies, which
#: the transport knows; what writes logs and traces of the SDKs' own, or draws an id for them; and what picks the
#: secondary endpoint, which is never asked.
_IDLE = frozenset(
    {
        "DistributedTracingPolicy",
        "HttpLoggingPolicy",
        "NetworkTraceLoggingPolicy",
        "ProxyPolicy",
        "RedirectPolicy",
        "RequestIdPolicy",
        "SensitiveHeaderCleanupPolicy",
        "StorageHosts",
        "StorageLoggingPolicy",
        "StorageSensitiveHeaderCleanupPolicy",
    }
)


#: What a write does not need beside those: it is sent once, its reply is read by us, and nobody else looks at it.
_OF_READS = frozenset({"ContentDecodePolicy", "CustomHookPolicy", "TablesRetryPolicy"})


def keep_useful(pipeline: Any) -> None:  # noqa: ANN401 - of azure-core, generic in two types
    """Take the idle steps out of a pipeline, for all clients that share it."""
    _take_out(pipeline, _IDLE)


def for_writes(pipeline: Any) -> Any:  # noqa: ANN401 - the same
    """Return a pipeline for writes: what signs and dates a request, and the transport."""
    writes = copy(pipeline)
    writes._impl_policies = [copy(step) for step in pipeline._impl_policies]  # noqa: SLF001 - azure-core leaves no other way
    _take_out(writes, _OF_READS)
    return writes


def _take_out(pipeline: Any, names: AbstractSet[str]) -> None:  # noqa: ANN401 - the same
    steps = pipeline._impl_policies  # noqa: SLF001 - the same
    last = steps[-1].next
    steps[:] = [step for step in steps if type(getattr(step, "_policy", step)).__name__ not in names]
    for step, following in zip(steps, [*steps[1:], last], strict=True):
        step.next = following

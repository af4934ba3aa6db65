"""The steps of an SDK's pipeline that a request goes through: those that do something here.

The SDKs put a dozen of them around each request; half do nothing for us, and all together take a third of what the
client does for a small one (measured).
"""

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


def keep_useful(pipeline: Any) -> None:  # noqa: ANN401 - of azure-core, generic in two types
    """Take the idle steps out of a pipeline, for all clients that share it."""
    steps = pipeline._impl_policies  # noqa: SLF001 - azure-core leaves no other way
    last = steps[-1].next
    steps[:] = [step for step in steps if type(getattr(step, "_policy", step)).__name__ not in _IDLE]
    for step, following in zip(steps, [*steps[1:], last], strict=True):
        step.next = following

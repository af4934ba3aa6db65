"""Which worker is stood in for: that of older Pythons, that of newer ones, or the latter's own library."""

import sys
from enum import Enum


class Kind(Enum):
    """How values are converted, and where the worker looks for the invocation that a log line belongs to."""

    #: Up to Python 3.12. The converters of azure.functions; a thread-local, or the task of a loop.
    THREAD = "thread"
    #: The same converters; a context variable, where the worker looks from Python 3.13 on.
    CONTEXT = "context"
    #: From Python 3.13 on. The library that the production worker loads, azure-functions-runtime, does both.
    RUNTIME = "runtime"

    @classmethod
    def of(cls, version: tuple[int, int]) -> "Kind":
        """Return that of a Python."""
        return cls.THREAD if version < (3, 13) else cls.RUNTIME


#: That of the Python that runs here.
OWN = Kind.of(sys.version_info[:2])

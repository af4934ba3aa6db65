"""The kinds of workers that this Python can run."""

import sys

from localhost.worker.kinds import Kind

#: azure-functions-runtime needs Python 3.13.
KINDS = [kind for kind in Kind if kind is not Kind.RUNTIME or sys.version_info >= (3, 13)]

"""The kinds of workers that the Python of the hosts can run."""

from localhost.worker.kinds import Kind
from tests.place import place_of

#: azure-functions-runtime needs Python 3.13.
KINDS = [kind for kind in Kind if kind is not Kind.RUNTIME or place_of().version >= (3, 13)]

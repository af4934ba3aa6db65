"""The rejected texts on the bench: on Azurite and in memory."""

from collections.abc import Mapping
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import wiring
from tests.doubles.clock import FakeClock
from tests.doubles.rejections import MemoryRejections


class AzureRejections:
    """The rows on Azurite."""

    def __init__(self, environ: Mapping[str, str], wire: HttpTransport[Any, Any]) -> None:
        self.store = wiring.build(environ, transport=wire, threaded=False).storage.rejections


class DoubledRejections:
    """The texts in memory."""

    def __init__(self) -> None:
        self.store = MemoryRejections(FakeClock())

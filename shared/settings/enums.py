"""What a setting may be that is one of a few words."""

from enum import StrEnum


class Dispatch(StrEnum):
    """What starts an analysis."""

    BOTH = "both"
    QUEUE = "queue"
    TIMER = "timer"
    OFF = "off"


class ApiAuth(StrEnum):
    """Which key a caller of the HTTP API has to show."""

    ANONYMOUS = "anonymous"
    FUNCTION = "function"
    ADMIN = "admin"


class BlobSource(StrEnum):
    """How the blob trigger learns of new blobs."""

    SCAN = "LogsAndContainerScan"
    EVENT_GRID = "EventGrid"


class Isolation(StrEnum):
    """Where images are analysed."""

    PROCESS = "process"
    OFF = "off"


class ConfinementMode(StrEnum):
    """How much confinement of the child processes is insisted on."""

    REQUIRE = "require"
    TRY = "try"
    OFF = "off"


class Thumbnails(StrEnum):
    """Where thumbnails go."""

    BLOB = "blob"
    ROW = "row"
    OFF = "off"


class ThumbnailFormat(StrEnum):
    """How thumbnails are encoded."""

    WEBP = "webp"
    JPEG = "jpeg"
    PNG = "png"

"""Why an event asks for nothing, on purpose."""

from enum import Enum


class IgnoreReason(Enum):
    """Every reason; its name in lower case is ``reason`` in the log, its value the meaning."""

    OTHER_CONTAINER = "the blob is in another container than `IMAGES_CONTAINER`"
    OTHER_KIND = "the event tells of no new content: a deletion, for example"
    FIRST_HALF = "an upload has begun; another event follows when its content is there"
    ARCHIVED = "the blob was moved to the archive tier, where it can't be read"
    DIRECTORY = "a directory was made or renamed; an event of it names no blob"
    FOLDER_MARKER = "the blob marks a folder (`hdi_isfolder`) and holds no bytes"

    @property
    def reason(self) -> str:
        """What the log calls it."""
        return self.name.lower()

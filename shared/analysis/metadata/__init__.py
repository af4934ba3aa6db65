"""What a file says beside its pixels: camera, place, making. For the child process that has opened the image.

``read`` is all that others call. It works within bounds and never raises: broken metadata is a warning, never an error.
"""

from shared.analysis.metadata.reader import Metadata, read

__all__ = ["Metadata", "read"]

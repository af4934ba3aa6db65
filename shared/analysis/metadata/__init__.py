"""The metadata of a file: camera, place and origin. For the child process that has opened the image.

Others call ``read`` alone. It limits what it reads, and never raises: broken metadata is a warning, never an error.
"""

from shared.analysis.metadata.reader import Metadata, read

__all__ = ["Metadata", "read"]

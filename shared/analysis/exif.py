"""The one EXIF tag that changes how pixels are read.

Read by hand: Pillow's reader warns about broken blocks through the process-wide ``warnings`` state, and for a PNG it
decodes the whole image first.
"""

import struct

_ORIENTATION = 0x0112
_SHORT = 3


def orientation(exif: bytes) -> int:
    """Return the orientation of an EXIF block.

    Args:
        exif: A TIFF file, with or without the ``Exif`` prefix; may be empty or broken.

    Returns:
        1-8; 1 when the block has none, or one that means nothing.

    Source:
        CIPA DC-008-2023 (Exif 3.0), 4.6.5.1.4; TIFF 6.0 (1992), section 2.
    """
    block = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(block[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", block, 4)
        (entries,) = struct.unpack_from(order + "H", block, directory)
        for index in range(entries):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", block, directory + 2 + 12 * index)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and value in range(1, 9) else 1
    except struct.error:
        return 1  # a directory beyond the end of the block
    return 1

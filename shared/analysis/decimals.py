"""Decimals that are the same on every machine and version of Python, because only the result is rounded."""


def ratio(part: int, whole: int, digits: int = 4) -> float:
    """Return ``part / whole``, rounded half up.

    Args:
        part: 0 or more.
        whole: 1 or more.
        digits: Decimals that are kept.
    """
    scale = int(10**digits)
    return (2 * part * scale + whole) // (2 * whole) / scale

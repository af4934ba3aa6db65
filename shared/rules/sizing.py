"""What fits into the memory of an instance: defaults that are smaller on a small one, and limits for what is set."""

_MIB = 1024 * 1024
#: The process that runs the app, with the images that wait for a place; measured: docs/sizing.md.
RESERVE_BYTES = 192 * _MIB
#: Of a child, beyond the decoder's memory: the file itself, the working image, the encoders.
OVERHEAD_BYTES = 128 * _MIB
#: What all images take at once, and what one does, where an instance has room.
MEMORY_BYTES, DECODE_BYTES = 1_300_000_000, 512_000_000
#: What ``MAX_BYTES`` may be at most: no app takes a larger image.
MOST_BYTES = 1 << 30
#: The smallest instance of Flex Consumption, and what the platform adds to it for the host and itself.
#: Source: https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes, read 2026-11.
_SMALLEST_BYTES, _ADDED_BYTES = 512 * _MIB, 272 * _MIB


def room_bytes(instance_bytes: int) -> int:
    """Return what an instance has for its images."""
    is_smallest = _SMALLEST_BYTES < instance_bytes <= _SMALLEST_BYTES + _ADDED_BYTES
    return (_SMALLEST_BYTES if is_smallest else instance_bytes) - RESERVE_BYTES


def defaults(instance_bytes: int | None) -> dict[str, int]:
    """Return the defaults that an instance has no room for, smaller; none where its memory is not known.

    Args:
        instance_bytes: Memory of the instance.
    """
    if instance_bytes is None:
        return {}
    room = max(room_bytes(instance_bytes), OVERHEAD_BYTES + _MIB)
    wanted = {"analysis_memory_bytes": (MEMORY_BYTES, room), "max_decode_bytes": (DECODE_BYTES, room - OVERHEAD_BYTES)}
    return {name: most for name, (default, most) in wanted.items() if most < default}


def conflicts(instance_bytes: int | None, *, memory_bytes: int, decode_bytes: int) -> dict[str, str]:
    """Name each setting for which an instance has no room, with what it must be.

    Args:
        instance_bytes: Memory of the instance; None where it is not known.
        memory_bytes: Of all images at once.
        decode_bytes: Of one decode.
    """
    if instance_bytes is None:
        return {}
    room, of_instance = room_bytes(instance_bytes), f"an instance with {instance_bytes:,} bytes of memory"
    if room < OVERHEAD_BYTES + _MIB:
        least = RESERVE_BYTES + OVERHEAD_BYTES + _MIB
        return {"ANALYSIS_MEMORY_BYTES": f"must fit into {of_instance}: take one with {least:,} or more"}
    rules = (
        ("ANALYSIS_MEMORY_BYTES", memory_bytes, room),
        ("MAX_DECODE_BYTES", decode_bytes, room - OVERHEAD_BYTES),
    )
    return {
        name: f"must be at most {most:,} on {of_instance} (or take a larger one)"
        for name, given, most in rules
        if given > most
    }

"""How long a job waits after an attempt that failed and may succeed later."""

from datetime import timedelta


def backoff(attempts: int, *, base: timedelta, cap: timedelta, chance: float) -> timedelta:
    """Return how long to wait before the next attempt: exponential, with full jitter.

    Args:
        attempts: Attempts that count, at least 1.
        base: Upper bound after the first.
        cap: Upper bound after any.
        chance: Drawn evenly from [0, 1).

    Source:
        M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    exponent = min(attempts - 1, 30)  # 2^30 × 1 s is beyond every cap; larger powers overflow timedelta
    return min(base * 2.0**exponent, cap) * chance

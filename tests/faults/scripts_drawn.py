"""Draw scripts evenly, and make one that fails as small as it can be.

Evenly, from a number: Hypothesis varies what it has drawn before. Its first 120 scripts were too much alike to find a
planted fault that one in twenty of these finds.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.faults.enumeration import PAUSES, Strike
from tests.faults.scripts import PROCESSES, Act, Script, Step

#: Acts that do the work, and those that get in its way, are drawn more often than the rest.
_WORK = (
    *(*Act, *[Act.UPLOAD_AND_TELL] * 4, *[Act.TELL_AND_HAND] * 3, *[Act.HAND] * 6, *[Act.SWEEP] * 3),
    *(*[Act.CANCEL] * 2, *[Act.CANCEL_AND_REDRIVE] * 2),
)
_MEANWHILE = (
    *(*Act, *[Act.HAND] * 5, *[Act.SWEEP] * 3, *[Act.UPLOAD_AND_TELL] * 3),
    *(*[Act.CANCEL] * 4, *[Act.CANCEL_AND_REDRIVE] * 2),
)
_STRIKES = (*Strike, *PAUSES * 3)
#: More requests than this has hardly any act.
_LAST = 8


def drawn(number: int) -> Script:
    """Draw the script of a number."""
    chance = random.Random(number)
    steps = [_step(chance, _WORK, meanwhile=_step(chance, _MEANWHILE)) for _ in range(chance.randint(6, 9))]
    return Script(steps=steps, max_attempts=chance.choice((2, 5)))


def _step(chance: random.Random, acts: tuple[Act, ...], *, meanwhile: Step | None = None) -> Step:
    struck = [chance.randint(1, _LAST) for _ in range(chance.randint(1, 2))]
    return Step(
        act=chance.choice(acts),
        by=chance.randrange(PROCESSES),
        ago=chance.choice((0, 0, 1)),
        strikes={nth: chance.choice(_STRIKES) for nth in struck},
        slow=chance.random() < 1 / 4,
        lapses=chance.random() < 3 / 4,
        meanwhile=meanwhile,
    )


def smallest(script: Script, fails: Callable[[Script], bool]) -> Script:
    """Leave out, one after another, what a script that fails does not need for it."""
    for smaller in _smaller(script):
        if fails(smaller):
            return smallest(smaller, fails)
    return script


def _smaller(script: Script) -> Iterator[Script]:
    steps = script.steps
    for place, step in enumerate(steps):
        yield replace(script, steps=[*steps[:place], *steps[place + 1 :]])
        for simpler in _simpler(step):
            yield replace(script, steps=[*steps[:place], simpler, *steps[place + 1 :]])


def _simpler(step: Step) -> Iterator[Step]:
    if step.meanwhile is not None:
        yield replace(step, meanwhile=None)
        yield from (replace(step, meanwhile=simpler) for simpler in _simpler(step.meanwhile))
    for nth in step.strikes:
        yield replace(step, strikes={other: strike for other, strike in step.strikes.items() if other != nth})
    if step.slow:
        yield replace(step, slow=False)
    if step.lapses:
        yield replace(step, lapses=False)

"""Follow a rejected text once more, when what it names may have come to be; it is forgotten only when all of it is."""

import contextlib

from shared.errors import Lost
from shared.ports.rejections import Rejections
from shared.steps.intake.admit import Admit
from shared.steps.outcomes import Outcome

#: Each says that a job stands for what was named; of all others, something may still be missing.
ADMITTED = frozenset({Outcome.RECORDED, Outcome.DUPLICATE, Outcome.UNCHANGED, Outcome.LIVE, Outcome.ENDED})


class Readmit:
    """Redrive one rejected text.

    Args:
        rejections: Where it is kept.
        admit: Records and announces what it names.
    """

    def __init__(self, *, rejections: Rejections, admit: Admit) -> None:
        self._rejections = rejections
        self._admit = admit

    def __call__(self, rejected_id: str) -> list[Outcome]:
        """Admit all that a rejected text names, then forget it; when not all of it could be admitted, keep it.

        It is deleted last and as it was read: a crash before, or the same text rejected once more meanwhile, leaves it.

        Returns:
            As ``Admit``; ``[UNKNOWN]`` when no such text is kept, ``[REJECTED]`` for bytes that are no text.

        Raises:
            StorageOut: Storage is out; the text is still kept, or all of it was admitted.
            Undecided: The same.

        Costs: get, those of ``Admit``, delete.
        """
        row = self._rejections.get(rejected_id)
        if row is None:
            return [Outcome.UNKNOWN]
        if row.code == "not_text":  # what is kept of it says what the bytes were, and is not what was sent
            return [Outcome.REJECTED]
        outcomes = self._admit(row.text.encode())
        if ADMITTED.issuperset(outcomes):
            with contextlib.suppress(Lost):
                self._rejections.delete(row)
        return outcomes

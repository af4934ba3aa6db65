"""Follow a rejected text once more, when what it names may have come to be; it is forgotten only when all of it is."""

import contextlib
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import Lost
from shared.ports.rejections import Rejections
from shared.steps.intake.admit import Admit
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording

#: Each says that a job stands for what was named; of all others, something may still be missing.
ADMITTED = frozenset({*Recording, Disposition.LIVE, Disposition.ENDED})


@dataclass(kw_only=True)
class Readmit:
    """Redrive one rejected text.

    Attributes:
        rejections: Where it is kept.
        admit: Records and announces what it names.
    """

    rejections: Rejections
    admit: Admit

    def readmit(self, rejected_id: str) -> list[StrEnum]:
        """Admit all that a rejected text names, then forget it; when not all of it could be admitted, keep it.

        It is deleted last and as it was read: a crash before, or the same text rejected once more meanwhile, leaves it.

        Returns:
            As ``Admit``; ``[UNKNOWN]`` when no such text is kept, ``[REJECTED]`` for bytes that are no text.

        Raises:
            StorageOut: Storage is out; the text is still kept, or all of it was admitted.
            Undecided: The same.

        Costs: get, those of ``Admit``, delete.
        """
        row = self.rejections.get(rejected_id)
        if row is None:
            return [Disposition.UNKNOWN]
        if row.code == "not_text":  # what is kept of it says what the bytes were, and is not what was sent
            return [Disposition.REJECTED]
        outcomes = self.admit.admit(row.text.encode())
        if ADMITTED.issuperset(outcomes):
            with contextlib.suppress(Lost):
                self.rejections.delete(row)
        return outcomes

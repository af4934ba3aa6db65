"""What `darkroom doctor` has found: a symptom, where, and the facts that fill its sentences in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.rules.symptoms import Level, Symptom


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was found.

    Attributes:
        symptom: What it is.
        where: Of what: ``settings``, ``queue image-jobs``, ``app`` …
        facts: What fills the sentences in.
    """

    symptom: Symptom
    where: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.symptom.level

    @property
    def text(self) -> str:
        """What was found, in one sentence."""
        return self.symptom.text.format_map(self.facts)

    @property
    def advice(self) -> str:
        """What to do about it; empty where there is nothing to do."""
        return self.symptom.advice.format_map(self.facts)

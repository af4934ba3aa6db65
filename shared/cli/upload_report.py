"""What ``darkroom upload`` says of its files."""

from collections import Counter
from types import TracebackType
from typing import Any, Self

from shared.cli.output import Output
from shared.cli.upload_plan import UploadPlan
from shared.cli.uploads import Outcome, Receipt

#: Uploads of so many files are listed; of more, only what was refused.
_LISTED = 20


class UploadReport:
    """What becomes of each file, and a summary, which comes also where an upload breaks off.

    Args:
        output: Where to.
        plan: What is uploaded.
        as_json: Whether for programs: a line for each file.
    """

    def __init__(self, output: Output, plan: UploadPlan, *, as_json: bool) -> None:
        self._output = output
        self._plan = plan
        self._as_json = as_json
        self._counts = Counter[Outcome]()
        self._progress = output.progress("uploading", len(plan.uploads))

    @property
    def has_refusals(self) -> bool:
        """Whether a file was refused."""
        return bool(self._counts[Outcome.REFUSED])

    def add(self, receipt: Receipt) -> None:
        """Report what became of one file."""
        self._print(receipt)
        self._progress.advance()

    def __enter__(self) -> Self:
        """Report what can't be uploaded at all."""
        for upload, why in self._plan.refusals:
            self._print(Receipt(upload, Outcome.REFUSED, reason=why))
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)
        output, left = self._output, len(self._plan.uploads) + len(self._plan.refusals) - self._counts.total()
        output.note(summary(self._counts, left=left))

    def _print(self, receipt: Receipt) -> None:
        self._counts[receipt.outcome] += 1
        output = self._output
        if self._as_json:
            output.json_line(line_json(receipt))
        elif receipt.outcome is Outcome.REFUSED or len(self._plan.uploads) <= _LISTED:
            output.line(line_text(receipt))


def line_json(receipt: Receipt) -> dict[str, Any]:
    """Return what became of a file, for programs."""
    upload = receipt.upload
    return {
        "file": upload.source,
        "name": upload.name,
        "outcome": receipt.outcome.value,
        "id": receipt.job_id,
        "reason": receipt.reason,
    }


def line_text(receipt: Receipt) -> str:
    """Return what became of a file, for people."""
    source = receipt.upload.source
    match receipt.outcome:
        case Outcome.UPLOADED:
            return f"{source}: uploaded, job {receipt.job_id}"
        case Outcome.THERE:
            return f"{source}: there already"
        case Outcome.REFUSED:
            return f"{source}: refused: {receipt.reason}"


def summary(counts: Counter[Outcome], *, left: int) -> str:
    """Count what was done; an upload that did not come to its end says how to go on."""
    uploaded, there, refused = (counts[outcome] for outcome in Outcome)
    if left:
        go_on = "Give the same command again to go on."
        return f"{uploaded:,} uploaded, {there:,} there already, {refused:,} refused, {left:,} left. {go_on}"
    return f"{uploaded:,} uploaded, {there:,} there already, {refused:,} refused."

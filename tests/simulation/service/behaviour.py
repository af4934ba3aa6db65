"""Where Azurite and Azure differ, and where Azure promises less than Azurite gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How an account behaves where there is a choice; as Azurite does by default.

    Attributes:
        shuffle: Puts a list into another order, in place: the messages that a queue may give. Azure promises no order;
            Azurite gives first what has been visible longest.
        refusals_coded: Whether each refusal says its code, as Azure's do. Azurite answers what it can't read with a
            bare 400.
        texts_checked: Whether a message that XML can't carry is refused when it is sent, as Azure does. Azurite takes
            it, and then fails each read of it, and of what is beside it, with a bare 500.
        receipts_forgotten: Whether an older pop receipt is answered as if there were no such message
            (``MessageNotFound``), as Azure does, too; Azurite says ``PopReceiptMismatch``.
    """

    shuffle: Callable[[list[Any]], object] | None = None
    refusals_coded: bool = False
    texts_checked: bool = False
    receipts_forgotten: bool = False

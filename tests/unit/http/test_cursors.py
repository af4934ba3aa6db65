import base64
import json

import pytest

from shared.http import cursors
from shared.http.problems import Problem


def test_a_cursor_leads_back_to_its_place() -> None:
    assert cursors.decode(cursors.encode([1, 2, "x"], ["q"]), ["q"], (int, int, str)) == [1, 2, "x"]


def encode(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


OWN = json.loads(base64.urlsafe_b64decode(cursors.encode([1], ["q"]) + "=="))


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "é", "====", "bnVsbA", encode([9, OWN[1], [1]]), encode([1, "0", [1]]), encode([1, OWN[1], ["1"]]),
     encode([1, OWN[1], [True]]), encode([1, OWN[1], []]), encode([1, OWN[1], 1]), encode(["[" * 9])],
)  # fmt: skip
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as error:
        cursors.decode(cursor, ["q"], (int,))
    assert error.value.fields[0].field == "query.cursor"


def test_a_cursor_of_another_query_is_refused() -> None:
    with pytest.raises(Problem):
        cursors.decode(cursors.encode([1], ["q"]), ["r"], (int,))

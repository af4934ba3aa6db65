"""The command that runs every check."""

from pathlib import Path

import pytest

from deploy.check import __main__ as command
from deploy.check.finding import Finding


def test_each_finding_is_a_line_and_makes_the_command_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def one(_: Path) -> list[Finding]:
        return [Finding("b.bicep", 2, "It is wrong.")]

    def two(_: Path) -> list[Finding]:
        return [Finding("a.yaml", 10, "It is too."), Finding("a.yaml", 9, "It is worse.")]

    monkeypatch.setattr(command, "CHECKS", (one, two))
    assert command.main() == 1
    assert capsys.readouterr().out == "a.yaml:9: It is worse.\na.yaml:10: It is too.\nb.bicep:2: It is wrong.\n"
    monkeypatch.setattr(command, "CHECKS", ())
    assert command.main() == 0

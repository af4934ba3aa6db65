from collections.abc import Callable
from pathlib import Path

import pytest

from localhost import chromium
from localhost.install import InstallFailed

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\n'


def programs(*names: str) -> Callable[[str], str | None]:
    """Return what finds these programs and no others."""
    return lambda name: f"/usr/bin/{name}" if name in names else None


def test_the_variable_names_the_browser_before_those_on_path() -> None:
    which = programs("mine", "chromium")
    assert chromium.executable({"CHROMIUM": "mine"}, which) == Path("/usr/bin/mine")
    assert chromium.executable({}, which) == Path("/usr/bin/chromium")


def test_each_name_that_a_chromium_has_on_path_is_found() -> None:
    found = [chromium.executable({}, programs(name)).name for name in chromium.NAMES]
    assert found == ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


@pytest.mark.parametrize(
    ("environ", "problem"),
    [({}, "There is no Chromium on this machine."), ({"CHROMIUM": "/none"}, "CHROMIUM names no program: '/none'.")],
)
def test_without_a_browser_the_problem_is_said_with_what_to_do(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(chromium.NoChromium) as failure:
        chromium.executable(environ, programs())
    assert str(failure.value) == f"{problem} {chromium.ADVICE}"
    assert "`python3 dev.py browser --install`" in chromium.ADVICE


def test_debians_browser_is_installed_by_apt_and_by_sudo_only_where_this_is_not_root() -> None:
    update, install = chromium.commands(DEBIAN, is_root=True, which=programs("apt-get"))
    assert update == ("apt-get", "update")
    assert install == ("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core")
    as_user = chromium.commands(DEBIAN, is_root=False, which=programs("apt-get", "sudo"))
    assert as_user == [("sudo", *update), ("sudo", *install)]


@pytest.mark.parametrize(("release", "names"), [(UBUNTU, ("apt-get",)), (DEBIAN, ()), ("", ("apt-get",))])
def test_on_another_system_nothing_is_installed_and_advice_is_given(release: str, names: tuple[str, ...]) -> None:
    with pytest.raises(InstallFailed, match="This is no Debian"):
        chromium.commands(release, is_root=True, which=programs(*names))


def test_a_user_without_sudo_gets_the_commands_for_root() -> None:
    with pytest.raises(InstallFailed, match=r"Run as root: apt-get update && apt-get install .* chromium"):
        chromium.commands(DEBIAN, is_root=False, which=programs("apt-get"))

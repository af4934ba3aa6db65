"""The one test of the page of every day: on a whole host, where functions do their work."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from localhost.azurite import Azurite
from tests.browser.site import PATIENCE_MS, Visit
from tests.conftest import SAMPLES
from tests.rig import QUICK, HostProcess, empty


@pytest.fixture(name="visit")
def _visit(browser: Browser, tmp_path: Path, azurite: Azurite) -> Iterator[Visit]:
    empty(azurite)
    environ = {**os.environ, **QUICK, "AzureWebJobsStorage": azurite.connection, "API_AUTH_LEVEL": "anonymous"}
    host = HostProcess(environ, tmp_path / "host.log")
    try:
        with Visit.begin(browser, f"http://127.0.0.1:{host.port}/api/dashboard") as visit:
            yield visit
    finally:
        host.drain()


def test_an_image_that_is_uploaded_by_the_page_is_shown_completed_and_the_policy_refuses_nothing(visit: Visit) -> None:
    page = visit.open()
    page.set_input_files("input[type=file]", SAMPLES / "cat.png")
    card = page.locator("li", has_text="cat.png").filter(has=page.get_by_text("COMPLETED", exact=True))
    expect(card).to_be_visible(timeout=PATIENCE_MS)
    expect(card.locator("img")).to_have_js_property("naturalWidth", 320)
    assert visit.trouble == []

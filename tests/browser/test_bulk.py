"""Many jobs at once: chosen, acted on in batches, stopped in the middle, and what became of them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from localhost.azurite import Azurite
from shared.rules.jobs import State
from tests.browser.population import Cast
from tests.browser.site import Site, Visit, start_site
from tests.rig import empty

pytestmark = pytest.mark.prove("a Chromium of its own: `dev.py browser` runs it")


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite) -> Iterator[Site]:
    """A host over jobs most of which have failed: more than one batch of them."""
    empty(azurite)
    with start_site(tmp_path_factory.mktemp("site"), azurite, jobs=260, cast=Cast(mix="FFFCFFXP")) as site:
        yield site


@pytest.fixture(name="visit")
def _visit(browser: Browser, site: Site) -> Iterator[Visit]:
    with Visit.begin(browser, site.url) as visit:
        yield visit
    assert visit.trouble == []


def states(site: Site, state: State) -> int:
    """Count, in storage, how many of the jobs that had failed have a state now."""
    rows = (site.host.darkroom.lookup.get(job_id) for job_id in site.population.ids[State.FAILED])
    return sum(row.job.state is state for row in rows)


def test_all_that_match_are_redriven_stopped_in_the_middle_and_gone_on_with(visit: Visit, site: Site) -> None:
    total = len(site.population.ids[State.FAILED])
    page = visit.open("#/jobs?state=FAILED")
    batches: list[Route] = []
    page.route("**/api/jobs/actions", lambda route: batches.append(route))  # noqa: PLW0108 - Playwright marks it
    page.get_by_role("checkbox", name="Select").first.check()
    page.get_by_role("button", name="Select all shown").click()
    page.get_by_role("button", name="Select all that match").click()
    page.get_by_role("button", name=f"Redrive {total}").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    visit.until(lambda: batches)
    page.get_by_role("button", name="Stop").click()  # while the first batch is under way
    batches[0].continue_()
    expect(page.get_by_text("Redriven 100 jobs.").first).to_be_visible()
    page.unroute("**/api/jobs/actions")
    assert (len(batches), states(site, State.PENDING)) == (1, 100)
    page.get_by_role("button", name=f"Go on with {total - 100}").click()
    expect(page.get_by_text(f"Redriven {total} jobs.").first).to_be_visible()
    assert states(site, State.PENDING) == total
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("No job matches these filters.")).to_be_visible()


def test_a_job_that_has_moved_on_meanwhile_is_refused_with_the_reason(visit: Visit, site: Site) -> None:
    page = visit.open("#/jobs?state=CANCELED")
    boxes = page.locator("main tbody").get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.route("**/api/jobs?*", lambda route: route.abort())  # the page sees nothing of what comes now
    visit.excuses += ["ERR_FAILED"]
    site.host.darkroom.redrive.redrive(str(page.locator("main tbody a").first.get_attribute("title")))
    page.get_by_role("button", name="Redrive 2").click()
    expect(page.get_by_text("Redriven 1 job.").first).to_be_visible()
    expect(page.get_by_text("Refused 1 job:")).to_be_visible()
    expect(page.locator("main .reasons li")).to_contain_text("1 × live: The job waits or runs already.")

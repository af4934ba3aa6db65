"""Each view of the page: its address, and what it shows once its data is there."""

from playwright.sync_api import Page, expect

from tests.browser.population import Population
from tests.browser.site import GALLERY, Visit

NAMES = ("images", "image", "jobs", "job", "overview")
#: What stands in each view as soon as it has its data, by a selector.
_READY = {"images": GALLERY, "image": "main dl", "jobs": "main tbody tr", "job": "main dl", "overview": "main table"}


def hash_of(name: str, population: Population) -> str:
    """Return the address of a view; see ``Population.subjects`` for which image and which job."""
    image_id, job_id = population.subjects
    one = {"image": f"#/images/{image_id}", "job": f"#/jobs/{job_id}"}
    return one.get(name, f"#/{name}")


def open_view(visit: Visit, name: str, population: Population) -> Page:
    """Open a view as by a link, and wait for its data."""
    page = visit.open(hash_of(name, population))
    expect(page.locator(_READY[name]).first).to_be_visible()
    return page

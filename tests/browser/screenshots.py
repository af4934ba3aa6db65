"""Screenshots of each page for the documents: ``python3 dev.py browser --screenshots``.

The jobs are the same each time, of photographs of samples/. Times are those of the day: the service tells its own.
"""

import io
import sys
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser

from localhost import chromium
from localhost.azurite import Azurite
from tests.browser.pictures import crops
from tests.browser.population import Cast
from tests.browser.site import PHONE, Site, Visit, launch, start_site
from tests.browser.views import NAMES, open_view
from tests.rig import ROOT

FOLDER = ROOT / "docs" / "images"
#: So many are hours of work: the plots of the overview have something to show.
JOBS = 400
MOST_BYTES = 60_000
_DESK: Mapping[str, Any] = {"viewport": {"width": 1280, "height": 800}}
_PHONE: Mapping[str, Any] = {"viewport": PHONE, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
_CAST = Cast(mix="CRCCPFCCXCCFCCCCCCCC", live_among=6, grace=timedelta(hours=9), hostile_at=(), pictures=crops)
#: How each page is seen; a phone has more dots than the page has pixels.
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light": _DESK,
    "dark": {**_DESK, "color_scheme": "dark"},
    "phone": _PHONE,
}


def make_screenshots(folder: Path = FOLDER) -> int:
    """Make all screenshots anew; return the exit status."""
    folder.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as logs,
        Azurite() as azurite,
        start_site(Path(logs), azurite, jobs=JOBS, cast=_CAST) as site,
        launch(chromium.executable()) as browser,
    ):
        darkroom = site.host.darkroom
        for chore in (darkroom.sweep.sweep, darkroom.reconcile.reconcile, darkroom.purge.purge):
            chore(owner="timer/1")  # nothing is left to them: the overview says when they were last here
        for name in NAMES:
            for look, options in LOOKS.items():
                file = folder / f"dashboard-{name}-{look}.webp"
                file.write_bytes(webp(shoot(browser, site, name, options)))
                sys.stdout.write(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1000:.0f} KB\n")
    return 0


def shoot(browser: Browser, site: Site, name: str, options: Mapping[str, Any]) -> bytes:
    """Return a view as a PNG, as far as a screen shows it, when it has its data and all of its pictures."""
    with Visit.begin(browser, site.url, locale="en-US", timezone_id="UTC", reduced_motion="reduce", **options) as visit:
        page = open_view(visit, name, site.population)
        page.wait_for_load_state("networkidle")
        return page.screenshot(animations="disabled", caret="hide")


def webp(png: bytes) -> bytes:
    """Return a picture as WebP, as good as its size may be.

    Raises:
        ValueError: It is too large even if it is bad.
    """
    with Image.open(io.BytesIO(png)) as picture:
        for quality in range(90, 30, -10):
            file = io.BytesIO()
            picture.convert("RGB").save(file, "WEBP", quality=quality, method=6)
            if file.tell() <= MOST_BYTES:
                return file.getvalue()
    raise ValueError(f"A screenshot has more than {MOST_BYTES:,} bytes.")

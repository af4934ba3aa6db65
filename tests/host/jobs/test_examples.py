"""The examples of docs/examples against a running host."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.host.jobs.site import Site
from tests.rig import CLIENT, ROOT

EXAMPLES = ROOT / "docs" / "examples"
NO_CURL = pytest.mark.skipif(not (shutil.which("sh") and shutil.which("curl")), reason="no curl")
WORDS = {"to be\nor not to be": 6, 'a "quoted" \\n grün': 4, "": 0}


def run(which: str, site: Site) -> tuple[int, str, str]:
    """Work until no job of the test's type is left; return exit status and what was printed."""
    python = [sys.executable, str(EXAMPLES / "worker.py"), "--url", site.url, "--type", site.kind, "--until-empty"]
    told = {
        "DARKROOM_URL": site.url,
        "DARKROOM_TYPE": site.kind,
        "DARKROOM_UNTIL_EMPTY": "1",
        "PYTHONPATH": str(CLIENT),
    }
    command = python if which == "py" else ["sh", str(EXAMPLES / "worker.sh")]
    done = subprocess.run(command, env=os.environ | told, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.real_host
@pytest.mark.parametrize("which", ["py", pytest.param("sh", marks=NO_CURL)])
def test_an_example_works_on_every_job_of_its_type_and_ends(site: Site, which: str) -> None:
    nested = {"nested": {"text": "no no"}}
    ids = [site.added(str(number), params={**nested, "text": text}) for number, text in enumerate(WORDS)]
    wrong = site.added("wrong", params=nested)
    assert run(which, site) == (0, "", "")
    told = [(job["state"], job["result"]["words"]) for job in map(site.job, ids)]
    assert told == [("COMPLETED", words) for words in WORDS.values()]
    assert (site.job(wrong)["state"], site.job(wrong)["error"]["code"]) == ("FAILED", "no_text")

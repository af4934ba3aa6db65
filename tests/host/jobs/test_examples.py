"""The workers of docs/examples, and that of the client's README, against a running host."""

import pytest

from tests.examples import SH, run
from tests.host.jobs.site import Site

WORDS = {"to be\nor not to be": 6, 'a "quoted" \\n grün': 4, "": 0}


@pytest.mark.real_host
@pytest.mark.parametrize("which", ["py", SH])
def test_an_example_works_on_every_job_of_its_type_and_ends(site: Site, which: str) -> None:
    nested = {"nested": {"text": "no no"}}
    ids = [site.new_job(str(number), params={**nested, "text": text}) for number, text in enumerate(WORDS)]
    wrong = site.new_job("wrong", params=nested)
    done = run(which, site.url, site.kind)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = [(job["state"], job["result"]["words"]) for job in map(site.job, ids)]
    assert told == [("COMPLETED", words) for words in WORDS.values()]
    assert (site.job(wrong)["state"], site.job(wrong)["error"]["code"]) == ("FAILED", "no_text")


@pytest.mark.real_host
def test_the_worker_of_the_clients_readme_adds_a_job_and_completes_it(site: Site) -> None:
    done = run("readme", site.url, site.kind)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (job,) = site.call("GET", f"/jobs?type={site.kind}").json["items"]
    assert (job["ref"], site.job(job["id"])["result"]) == ("a.txt", {"words": 4})

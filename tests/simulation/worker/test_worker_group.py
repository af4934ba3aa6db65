"""A leader and two followers under their parent, in virtual time: who waits how long, and what an idle hour costs."""

from collections import Counter

import pytest

from shared.worker.run import Ending
from tests.simulation.worker.worker_ground import LOOK
from tests.simulation.worker.worker_group import Group
from tests.simulation.worker.worker_site import HOUR, Site


@pytest.fixture
def site() -> Site:
    """Give storage with every setting at its default; its own worker does not begin."""
    return Site(longest=0.5)


def begin(site: Site, *, idle: bool = False) -> Group:
    """Begin a group; let it become idle, and forget what was sent meanwhile."""
    group = Group(site.ground)
    site.ground.go(5)
    if idle:
        site.ground.go(700)
        assert all(member.worker.is_idle() for member in group.members.values())
    site.ground.sendings.clear()
    return group


def settle(site: Site, seconds: float) -> float:
    """Let time pass until no message is left; return how long that took."""
    begun_at = site.ground.now
    site.ground.scheduler.run(begun_at + seconds, enough=lambda: len(site.ground.queue) == 0)
    return site.ground.now - begun_at


def senders(site: Site, label: str) -> Counter[str]:
    """Count the requests of a label by the place of their process."""
    return Counter("-".join(sent.by.split("-")[:2]) for sent in site.ground.sendings if sent.label == label)


def test_all_of_a_group_work(site: Site) -> None:
    group = begin(site)
    site.upload(*(f"{number}.png" for number in range(32)))
    settle(site, 60)
    assert site.states() == {"COMPLETED": 32}
    assert min(senders(site, "complete")[f"member-{number}"] for number in group.members) > 3


def test_an_idle_hour_costs_what_that_of_one_process_does_and_six_looks_a_follower(site: Site) -> None:
    begin(site, idle=True)
    site.ground.go(HOUR)
    print(f"requests in an idle hour of three processes: {len(site.ground.sendings)}")
    looks = senders(site, LOOK)
    assert max(looks["member-1"], looks["member-2"]) <= 6
    assert len(site.ground.sendings) <= 4 * 60 + 2 * 6


def test_the_leader_of_an_idle_group_finds_the_first_message_and_has_the_followers_woken(site: Site) -> None:
    group = begin(site, idle=True)
    site.upload(*(f"{number}.png" for number in range(32)))
    assert settle(site, 60) < 30 + 8
    assert min(senders(site, "complete")[f"member-{number}"] for number in group.members) > 3


def test_the_message_of_a_follower_that_dies_comes_back_when_its_job_may_be_claimed(site: Site) -> None:
    group = begin(site)
    site.upload(*(f"{number}.png" for number in range(60)))
    site.ground.scheduler.run(HOUR, enough=lambda: group.members[1].worker.health().in_hand >= 4)
    group.members[1].kill()
    assert settle(site, 200) < 97
    assert site.states() == {"COMPLETED": 60}
    assert site.ground.counts()["complete"] == 60
    assert group.starts == 4


def test_a_follower_that_dies_while_the_group_is_idle_is_replaced_and_costs_the_looks_of_its_successor(
    site: Site,
) -> None:
    group = begin(site, idle=True)
    group.members[2].kill()
    site.ground.go(HOUR)
    assert group.starts == 4
    assert senders(site, LOOK)["member-2"] < 100


def test_the_first_message_after_the_death_of_an_idle_leader_waits_for_its_successor_alone(site: Site) -> None:
    group = begin(site, idle=True)
    group.members[0].kill()
    site.upload("a.png")
    assert settle(site, 60) < 3
    assert site.states() == {"COMPLETED": 1}


def test_a_leader_that_dies_in_a_sweep_is_followed_by_one_that_sweeps_when_its_lock_has_lapsed(site: Site) -> None:
    group = begin(site)
    site.ground.scheduler.run(HOUR, enough=lambda: site.ground.counts()["lock take"] == 1)
    group.members[0].kill()
    died_at = site.ground.now
    site.ground.sendings.clear()
    site.ground.go(200)
    sweeps = [sent.at for sent in site.ground.sendings if sent.label == "query due"]
    assert 60 < sweeps[0] - died_at < 1 + 5 + 2 * 60


def test_while_its_leader_dies_again_and_again_the_followers_look(site: Site) -> None:
    group = begin(site, idle=True)
    for starts in range(4, 11):
        group.members[0].kill()
        site.ground.scheduler.run(HOUR, enough=lambda starts=starts: group.starts == starts)  # type: ignore[misc]
        site.ground.go(0.5)
    group.members[0].kill()
    site.ground.send("images/none.png")
    assert settle(site, 200) < 31
    assert group.starts == 10  # the next leader comes after a minute


def test_a_group_drains(site: Site) -> None:
    group = begin(site)
    site.upload(*(f"{number}.png" for number in range(32)))
    site.ground.go(1)
    group.wish()
    site.ground.go(5)
    assert (group.task.ended, group.task.value) == (True, Ending.SETTLED)
    assert site.states()["RUNNING"] == 0

import pytest

from shared.rules.flows import FLOW, flow_of


@pytest.mark.parametrize(
    ("ref", "like"),
    [
        ("images/a/1.png", "images/a/2.png"),
        ("images/a/1.png", "images/a/deep/er/1.png"),
        ("images/1.png", "images/2.png"),
        ("images//1.png", "images//a/2.png"),
    ],
)
def test_images_of_one_first_segment_are_one_flow(ref: str, like: str) -> None:
    assert flow_of(ref) == flow_of(like)


@pytest.mark.parametrize(
    ("ref", "other"),
    [
        ("images/a/1.png", "images/b/1.png"),
        ("images/a/1.png", "images/a"),
        ("images/a/1.png", "images/a.png"),
        ("images/a/1.png", "others/a/1.png"),
        ("images//1.png", "images/1.png"),
    ],
)
def test_images_of_other_first_segments_are_other_flows(ref: str, other: str) -> None:
    assert flow_of(ref) != flow_of(other)


@pytest.mark.parametrize("ref", ["images/a/1.png", "images/1.png", "images/\U0001f600/1.png"])
def test_a_flow_tells_no_name(ref: str) -> None:
    assert FLOW.fullmatch(flow_of(ref))

"""What a report says of how a run was made."""

from lstmtool.config import NetworkSettings
from lstmtool.report.run.origin import _other_networks


def test_the_papers_network_is_no_other():
    assert not list(_other_networks(NetworkSettings()))


def test_what_another_network_has_is_said():
    network = NetworkSettings(
        above=((1, 2),),
        directions="both",
        readout=("max", "mean"),
        plain=3,
        gates_are_read=True,
    )
    said = list(_other_networks(network))
    for n, words in enumerate(
        ("1, 2 cell(s)", "last step to the first", "means and largest", "3 plain", "1997")
    ):
        assert words in said[n]
    assert len(said) == 5

import pytest
from rich.text import Text

from lstmtool.cli.screen import console


@pytest.mark.parametrize("stderr", [False, True])
@pytest.mark.parametrize(("no_color", "styled"), [(None, True), ("", True), ("1", False)])
def test_no_color_leaves_no_codes_at_all(monkeypatch, capsys, stderr, no_color, styled):
    """Not those of bold letters either; an empty NO_COLOR is none."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as if it were a terminal
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    console(stderr).print(Text("[bold] :smile: 17", style="bold yellow"))
    text = capsys.readouterr()[stderr]
    assert "[bold] :smile: 17" in text
    assert ("\x1b" in text) == styled

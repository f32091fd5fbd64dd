"""What the README tells a newcomer to type works, in that order, in an empty folder."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def console_lines():
    blocks = re.findall(r"```console\n(.*?)```", README.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.strip().splitlines()]


def test_the_readme_has_the_bare_commands_in_order():
    lines = console_lines()
    assert lines[:3] == ["lstmtool gen-data", "lstmtool train --objective bingo", "lstmtool report"]


def test_every_command_of_the_readme_works_in_an_empty_folder(tmp_path):
    for line in console_lines():
        program, *arguments = shlex.split(line)
        assert program == "lstmtool"
        done = subprocess.run(
            [sys.executable, "-m", "lstmtool.cli.main", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert {"artificial.h5", "run.h5", "run.html", "clusters.h5"} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_the_python_of_the_readme_runs():
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})

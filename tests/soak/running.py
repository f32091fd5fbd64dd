"""The command line in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STUCK = 280  # seconds after which a process says where it is
QUICK_SAVING = "import lstmtool.training.checkpoint as k; k.EVERY = 0.02; "


def start(arguments, folder, before="", **options):
    """Start lstmtool in a folder, after some Python statements, and return the process."""
    stuck = f"import faulthandler\nfaulthandler.dump_traceback_later({STUCK})"
    call = f"from lstmtool.cli.main import main\nmain({[str(a) for a in arguments]!r})"
    script = f"{stuck}\n{before}\n{call}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(
        [sys.executable, "-c", script], cwd=folder, env=environment, text=True, **streams
    )


def run(arguments, folder, before="", code=0, timeout=300):
    """Run it to its end, check the exit code, and return stdout and stderr."""
    process = start(arguments, folder, before)
    out, err = process.communicate(timeout=timeout)
    assert process.returncode == code, f"{arguments}: {process.returncode}\n{out}\n{err}"
    return out, err


def count(default):
    """Return the number of trials: the script's argument, or its default."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else default

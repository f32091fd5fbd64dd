from dataclasses import replace

import pytest

from lstmtool.clustering.assess import assess
from lstmtool.report.run.page import page
from tests.builders import small_run

# Rich markup, HTML, a terminal's escape, a right-to-left override, mathtext, an unknown glyph.
HOSTILE = (
    "[bold red]x[/bold red][link=http://evil.example]y[/link]",
    "<script>alert('1')</script><img src=http://evil.example/x>",
    '\x1b[31mred\x1b[0m \u202ereversed\u2066 $\\frac{1$ \U0001f3b7 {} %s & "quoted"',
)


def hostile_run(objective="bingo", **options):
    run = small_run(objective, **options)
    return replace(
        run,
        label_names=HOSTILE,
        names=tuple(HOSTILE[n % 3] for n in range(len(run.lengths))),
        source={"file": HOSTILE[1], "sha256": HOSTILE[0], HOSTILE[2]: HOSTILE},
        notes=HOSTILE,
    )


KINDS = {
    "bingo-2": ("bingo", 2),
    "bingo-1": ("bingo", 1),
    "bingo-3": ("bingo", 3),
    "consistency-6": ("consistency", 6),
    "neo-1": ("neo", 1),
    "neo-2": ("neo", 2),
}


@pytest.fixture(params=KINDS, scope="session")
def kind(request):
    return KINDS[request.param]


@pytest.fixture(scope="session")
def case(kind):
    objective, outputs = kind
    run = small_run(objective, outputs=outputs, n=20)
    return run, assess(run)


@pytest.fixture(scope="session")
def text(case):
    """The page of a case; drawing it takes a second."""
    return page(*case, "run.h5")


@pytest.fixture(scope="session")
def hostile(kind):
    objective, outputs = kind
    run = hostile_run(objective, outputs=outputs)
    return run, assess(run)

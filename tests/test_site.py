"""The site: what it lists is there, its notebooks run, and whoever reads it needs no network."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from docs_site import notebooks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
tutorials = pytest.mark.parametrize("name", notebooks.TUTORIALS)


def listed(entries):
    """The pages of a navigation, from top to bottom."""
    for entry in entries:
        value = next(iter(entry.values())) if isinstance(entry, dict) else entry
        yield from [value] if isinstance(value, str) else listed(value)


def test_the_navigation_lists_every_page():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    pages = [page for page in listed(config["nav"]) if not page.startswith("repository/")]
    assert sorted(pages) == sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))


@tutorials
def test_a_notebook_is_made_from_its_tutorial(name):
    path = DOCS / "notebooks" / f"{name}.ipynb"
    assert path.read_text(encoding="utf-8") == notebooks.notebook(name), "make notebooks"


@tutorials
def test_a_notebook_holds_its_tutorial(name):
    made = json.loads(notebooks.notebook(name))
    text = "\n".join("".join(cell["source"]) for cell in made["cells"])
    page = (DOCS / "tutorials" / f"{name}.md").read_text(encoding="utf-8")
    code = re.findall(r"^```(?:python|console)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(code) == sum(cell["cell_type"] == "code" for cell in made["cells"])
    for line in "".join(code).splitlines():
        assert line in text
    assert all(line in text for line in page.splitlines() if line.startswith("#"))


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@tutorials
def test_a_notebook_runs(name, tmp_path, monkeypatch):
    pytest.importorskip("soundfile")
    monkeypatch.setenv("MPLBACKEND", "agg")
    known = notebooks.run(name, tmp_path)
    if name == "paper":
        assert len(set(known["run"].clusters)) == 4
    if name == "recordings":  # each machine changes at most once, and three states are found
        assert len(set(known["run"].clusters)) == 3
        assert all(len(one.shares) <= 2 for one in known["recordings"])
    if name == "memory-block":
        own = list(known["run"].clusters)
        assert len(set(own[:8])) == len(set(own[8:])) == 1 and own[0] != own[8]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for package in ("material", "mkdocstrings", "latex2mathml"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("site")
    words = ["-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True)
    return folder


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site):
    loaded = re.compile(r'<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//', re.I)
    for page in site.rglob("*.html"):
        assert not loaded.search(page.read_text(encoding="utf-8")), page
    for sheet in site.rglob("*.css"):
        assert "url(http" not in sheet.read_text(encoding="utf-8"), sheet


@pytest.mark.slow
def test_options_equations_and_docstrings_are_on_the_pages(site):
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert all(option in commands for option in ("--surrogates", "--by-recording", "--error-flow"))
    equations = (site / "explanation" / "neo.html").read_text(encoding="utf-8")
    assert equations.count('display="block"') == 5
    assert "arithmatex" not in equations
    assert "random_state" in (site / "reference" / "api.html").read_text(encoding="utf-8")

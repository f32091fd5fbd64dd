"""What the distribution says of itself agrees with what is in it."""

import re
import runpy
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from lstmtool import __version__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements():
    extras = PROJECT["optional-dependencies"]
    texts = [
        *PROJECT["dependencies"],
        *(t for name in extras if name not in ("dev", "docs") for t in extras[name]),
    ]
    return [wanted for wanted in map(Requirement, texts) if wanted.name != "lstmtool"]


def lower_bound(requirement):
    (bound,) = [Version(part.version) for part in requirement.specifier if part.operator == ">="]
    return bound


def pins():
    lines = (ROOT / "constraints" / "oldest.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name: Version(version) for name, version in pairs}


def test_the_bounds_are_the_versions_that_are_tried():
    bounds = {wanted.name: lower_bound(wanted) for wanted in requirements()}
    assert {name: version for name, version in pins().items() if name in bounds} == bounds


def test_numba_has_a_ceiling():
    (numba,) = [wanted for wanted in requirements() if wanted.name == "numba"]
    assert "0.68.1" in numba.specifier
    assert "0.69.0" not in numba.specifier


def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"] == __version__
    assert citation["license"] == PROJECT["license"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in PROJECT["authors"]
    ]


@pytest.fixture
def setup(monkeypatch):
    """What setup.py gives setuptools."""
    given = {}
    packaging = SimpleNamespace(setup=given.update, find_packages=lambda include: [])
    monkeypatch.setitem(sys.modules, "setuptools", packaging)
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    return given


def test_the_page_of_the_distribution_links_to_nothing_in_the_repository(setup):
    page, readme = setup["long_description"], (ROOT / "README.md").read_text()
    assert not [link for link in re.findall(r"\]\(([^)]+)\)", page) if "://" not in link]
    assert "see how sure the answer is: docs/how-to/how-sure.md" in page
    assert "![" not in page
    assert page.count("```") == readme.count("```")


def test_what_lies_beside_the_package_is_found(setup):
    for package, folder in setup["package_dir"].items():
        for pattern in setup["package_data"][package]:
            assert list((ROOT / folder).glob(pattern))
    assert (ROOT / "lstmtool" / "py.typed").is_file()


def test_links_between_the_pages_lead_somewhere():
    for page in [ROOT / "README.md", *ROOT.glob("*/*.md"), *ROOT.glob("docs/*/*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"

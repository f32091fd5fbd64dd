"""What pyproject.toml cannot say: where the packages lie, and the page of the distribution."""

import re
from pathlib import Path

from setuptools import find_packages, setup


def without_relative_links(page: str) -> str:
    """Name the files of the repository that a page links to: elsewhere such links lead nowhere.

    Its pictures are left out.
    """

    def named(link: re.Match[str]) -> str:
        text, target = link[1], link[2].split("#")[0]
        return text if target.endswith(text) else f"{text}: {target}"

    page = re.sub(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*", "", page)
    return re.sub(r"\[([^\]]+)\]\((?!https?:)([^)]+)\)", named, page)


setup(
    packages=[
        *find_packages(include=["lstmtool", "lstmtool.*"]),
        "lstmtool.shipped",
        "lstmtool.docs",
    ],
    package_dir={"lstmtool.shipped": "data", "lstmtool.docs": "docs"},
    package_data={
        "lstmtool": ["py.typed", "records/measured.toml"],
        "lstmtool.shipped": ["*.npz", "*.md"],
        "lstmtool.docs": ["*.md", "*/*.md", "figures/*.svg", "notebooks/*.ipynb"],
    },
    long_description=without_relative_links(Path("README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
)

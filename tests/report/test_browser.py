"""The page in a browser: nothing wider than the window at three widths, and printed."""

import re
import shutil
import subprocess
from dataclasses import replace
from html import escape

import pytest

from lstmtool.clustering.assess import assess
from lstmtool.report.run.contents import contents
from lstmtool.report.run.page import POLICY, page
from tests.builders import small_sequences
from tests.clustering.test_activations import FAMILY, random_run

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
WIDTHS = (400, 800, 1280)  # a telephone, a tablet, a screen; a window has at least 500
MEASURE = """<script>
const root = document.documentElement, wide = [...document.querySelectorAll("main *")].filter(
  e => !e.closest("svg svg, .scroll, pre") && e.getBoundingClientRect().right > innerWidth + 1);
parent.postMessage([innerWidth, root.scrollWidth, wide.length,
  document.querySelectorAll("svg.plot").length].join(), "*");
</script>"""
AROUND = """<!DOCTYPE html><script>
addEventListener("message", message => document.documentElement.dataset.told = message.data);
</script><iframe style="width: {}px; height: 900px; border: 0" srcdoc="{}"></iframe>"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    run, _ = random_run(FAMILY["several cells"])
    run = replace(run, names=tuple(f"a-name-of-{n}-without-any-space-in-it" for n in range(12)))
    told = assess(run)
    text = page(run, told, "run.h5", found=contents(run, told, small_sequences(12, n_inputs=1)))
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(text)
    measured = escape(text.replace(POLICY, "").replace("</main>", f"</main>{MEASURE}"))
    for width in WIDTHS:
        path.with_name(f"{width}.html").write_text(AROUND.format(width, measured))
    return path


def browse(folder, *words):
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run([*command, profile, *words], capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(file, tmp_path, width):
    measured = file.with_name(f"{width}.html").as_uri()
    dom = browse(tmp_path, "--virtual-time-budget=5000", "--dump-dom", measured)
    inner, scrolled, wide, plots = map(int, re.search(r'data-told="([\d,]+)"', dom)[1].split(","))
    assert inner == width
    assert scrolled <= inner
    assert wide == 0
    assert plots == file.read_text().count('class="plot"') > 10


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_it_can_be_printed(file, tmp_path):
    target = tmp_path / "page.pdf"
    browse(tmp_path, f"--print-to-pdf={target}", file.as_uri())
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", target.read_bytes()))
    assert 3 <= pages <= 15

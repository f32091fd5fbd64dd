"""What holds for every test."""

import gc

import pytest


def pytest_collection_finish():
    """Search for cycles of objects less often: there are millions, a tenth of the time."""
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def _without_cross_check(request, monkeypatch):
    """Leave out the check by other networks, which takes longer than the tests' tiny trainings.

    Tests that are about it are marked `cross_check`.
    """
    if "cross_check" not in request.keywords:
        from lstmtool.clustering import evidence

        monkeypatch.setattr(evidence, "with_cross_check", lambda run, *_, **__: run)

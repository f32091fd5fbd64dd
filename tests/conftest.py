"""What holds for every test."""

import gc


def pytest_collection_finish():
    """Search for cycles of objects less often: there are millions, a tenth of the time."""
    gc.set_threshold(50_000, 20, 100)

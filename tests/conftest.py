"""What holds for every test."""

import gc


def pytest_collection_finish():
    """Keep what was imported and collected from Python's search for cycles, and search less often.

    There are millions of objects, all of which it would look at again and again: a tenth of the
    time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)

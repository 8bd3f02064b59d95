"""``slicer.testing``: how CTest starts the tests of a module inside Slicer."""

import sys
import unittest


def exitFailure(message: str = "") -> None:
    raise RuntimeError(message)


def runUnitTest(path: str | list[str], testname: str) -> None:
    """Run every ``test_*`` method of the module ``testname`` found in the folders ``path``.

    Raises:
        RuntimeError: a test failed.
    """
    sys.path.extend([path] if isinstance(path, str) else path)
    suite = unittest.defaultTestLoader.loadTestsFromName(testname)
    if not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful():
        exitFailure(f"{testname} failed")

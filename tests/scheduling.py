"""How pytest-xdist gives the tests to its workers: by file, and some folders as a whole."""

from xdist.scheduler import LoadFileScheduling

_AS_A_WHOLE = ("tests/system/faults/", "tests/fundamentals/", "tests/real/analyzer/")
"""All files of such a folder use one platform, one broker and database, or libraries that take seconds to load. The
tests of faults wait most of their time: on one worker they leave the processor to the tests of the others, on all at
once they would leave it idle."""


class FolderScheduling(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist has no types for mypy
    """Gives a worker the tests of a file, or of a folder."""

    def _split_scope(self, nodeid: str) -> str:
        for folder in _AS_A_WHOLE:
            if nodeid.startswith(folder):
                return folder
        return str(super()._split_scope(nodeid))

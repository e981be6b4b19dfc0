"""Where Chromium is, and how it starts."""

import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    # Without the following ones Chromium contacts its vendor's servers at every start.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Return the path of the installed browser, or None."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)

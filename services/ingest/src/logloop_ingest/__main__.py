"""Runs ingest: `python -m logloop_ingest`."""

from logloop_chassis.app import run

from logloop_ingest.app import SERVICE, create_app
from logloop_ingest.settings import IngestSettings


def main() -> None:
    """Read the settings and serve until a signal arrives."""
    settings = IngestSettings()
    run(create_app(settings), settings, service=SERVICE)


if __name__ == "__main__":
    main()

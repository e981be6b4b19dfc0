"""Runs the analyzer: `python -m logloop_analyzer`."""

from logloop_chassis.app import run

from logloop_analyzer.app import create_app
from logloop_analyzer.settings import AnalyzerSettings


def main() -> None:
    """Serve until a stop signal arrives."""
    settings = AnalyzerSettings()
    run(create_app(settings), settings, service="analyzer")


if __name__ == "__main__":
    main()

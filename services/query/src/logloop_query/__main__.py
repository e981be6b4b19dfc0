"""Run the query service: `python -m logloop_query`."""

from logloop_chassis.app import run

from logloop_query.app import create_app
from logloop_query.settings import QuerySettings


def main() -> None:
    """Serve until a signal."""
    settings = QuerySettings()
    run(create_app(settings), settings, service="query")


if __name__ == "__main__":
    main()

"""Runs the ci-bridge service: `python -m logloop_ci_bridge`."""

from logloop_chassis.app import run

from logloop_ci_bridge.app import create_app
from logloop_ci_bridge.settings import CiBridgeSettings


def main() -> None:
    """Serve until a signal arrives."""
    settings = CiBridgeSettings()
    run(create_app(settings), settings, service="ci-bridge")


if __name__ == "__main__":
    main()

"""`python -m logloop.local`: runs the platform without the rest of the command line."""

import argparse
import sys

from logloop.local.platform import Options
from logloop.local.ports import LOOPBACK
from logloop.local.up import run


def main() -> int:
    """Parse arguments and run."""
    parser = argparse.ArgumentParser(prog="logloop up", description="Run Logloop on this machine.")
    parser.add_argument("--port", type=int, help="port of the gateway (default: 8080, or a free port if it is taken)")
    parser.add_argument("--host", default=LOOPBACK, help="address of the gateway")
    parser.add_argument("--no-auth", action="store_true", help="disable sign-in; loopback only")
    parser.add_argument("--json", action="store_true", help="print one line of JSON when ready")
    arguments = parser.parse_args()
    return run(Options(arguments.port, arguments.host, arguments.no_auth, arguments.json))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m logloop.local`: the platform without the rest of the command line."""

import argparse
import sys

from logloop.local.platform import Options
from logloop.local.ports import LOOPBACK
from logloop.local.up import run


def main() -> int:
    """Parse arguments and run."""
    parser = argparse.ArgumentParser(prog="logloop up", description="Run Logloop on this machine.")
    parser.add_argument("--port", type=int, help="port of the gateway; 8080, or a free one when that is taken")
    parser.add_argument("--host", default=LOOPBACK, help="address the gateway listens on")
    parser.add_argument("--no-auth", action="store_true", help="no sign-in; this machine only")
    parser.add_argument("--json", action="store_true", help="one line of JSON on standard output when ready")
    arguments = parser.parse_args()
    return run(Options(arguments.port, arguments.host, arguments.no_auth, arguments.json))


if __name__ == "__main__":
    sys.exit(main())

"""Gives a user a new one-time password, for an administrator who cannot sign in.

With `--two-factor`, the second factor of the user is removed as well. With `--allow-passwords`, passwords sign people
in again, after only the identity provider could.
`python -m logloop_query.reset_password EMAIL` needs the environment of the service. Whoever has that could change the
database as well.
"""

import argparse
import asyncio
import sys
from dataclasses import replace

from logloop_chassis.database.outages import is_outage
from logloop_chassis.http.problems import Problem

from logloop_query.records.audit import SYSTEM
from logloop_query.settings import QuerySettings
from logloop_query.wiring import open_identity


async def _reset(email: str, *, two_factor: bool = False, allow_passwords: bool = False) -> str:
    async with open_identity(QuerySettings()) as identity:
        if allow_passwords:
            policy = await identity.sign_in_policy.read()
            await identity.sign_in_policy.put(SYSTEM, replace(policy, only_provider=False))
        if two_factor:
            await identity.second_factors.reset_of(SYSTEM, email)
        return await identity.accounts.reset_password_of(SYSTEM, email)


def main() -> int:
    """Print the one-time password on standard output; return 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m logloop_query.reset_password", description=__doc__)
    parser.add_argument("email", help="e-mail address of the user")
    parser.add_argument("--two-factor", action="store_true", help="also turn two-factor sign-in of the user off")
    parser.add_argument(
        "--allow-passwords",
        action="store_true",
        help="also let passwords sign people in again, not only the provider",
    )
    given = parser.parse_args()
    try:
        password = asyncio.run(_reset(**vars(given)))
    except Exception as error:
        if not isinstance(error, Problem) and not is_outage(error):
            raise
        sys.stderr.write(f"reset_password: {error}\n")
        return 1
    sys.stdout.write(f"{password}\n")
    sys.stderr.write(
        "This one-time password must be changed at the next sign-in. All sessions of the user have ended.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

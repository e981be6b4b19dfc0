"""Creates the first administrator, and the project and API key that an installation asks for."""

import sys
from dataclasses import dataclass

from logloop_chassis.auth.authenticator import DEFAULT_RETENTION_DAYS
from logloop_chassis.ids import utc_now

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.api_keys import ApiKeys
from logloop_query.identity.passwords import Passwords, derive_password
from logloop_query.identity.stores.users import UserStore
from logloop_query.records.audit import SYSTEM, AuditTrail
from logloop_query.records.store import AlreadyExists
from logloop_query.settings import FirstStartSettings

FIRST_ADMIN_ID = "u_first"
_MIN_GIVEN_PASSWORD = 8


@dataclass(frozen=True, slots=True)
class FirstStart:
    """Creates what is missing and changes nothing that exists. Several instances may run it at the same time.

    Without a given password, the administrator's one-time password is derived from `secret_key`. Each start prints it
    until it is changed, because the output of a container is lost when the container is replaced.
    """

    users: UserStore
    projects: ProjectStore
    api_keys: ApiKeys
    passwords: Passwords
    audit: AuditTrail
    secret_key: str

    async def run(self, settings: FirstStartSettings) -> None:
        """Create the administrator, project and key. Raises ValueError for a malformed key or short password."""
        await self._create_administrator(settings)
        if settings.first_project:
            await self._create_project(settings.first_project)
        if settings.first_api_key and settings.first_api_key.get_secret_value():
            await self._create_key(settings.first_api_key.get_secret_value(), settings.first_project or None)

    async def _create_administrator(self, settings: FirstStartSettings) -> None:
        if await self.users.any():
            await self._print_unchanged_password()
            return
        given = settings.admin_password.get_secret_value() if settings.admin_password else ""
        if given and len(given) < _MIN_GIVEN_PASSWORD:
            raise ValueError(f"LOGLOOP_ADMIN_PASSWORD needs at least {_MIN_GIVEN_PASSWORD} characters")
        password = given or self._one_time_password()
        now, email = utc_now(), settings.admin_email.strip().lower()
        document = {
            "_id": FIRST_ADMIN_ID,
            "email": email,
            "name": "Administrator",
            "role": "admin",
            "projects": [],
            "disabled": False,
            "password_hash": await self.passwords.hash(password),
            "must_change_password": not given,
            "created_at": now,
            "updated_at": now,
        }
        try:
            await self.users.create(document)
        except AlreadyExists:
            await self._print_unchanged_password()
            return
        if not given:
            _print_password(email, password)
        await self.audit.record(SYSTEM, "user.create", "user", FIRST_ADMIN_ID, after=document)

    def _one_time_password(self) -> str:
        return derive_password(self.secret_key, "first administrator")

    async def _print_unchanged_password(self) -> None:
        user, password = await self.users.find(FIRST_ADMIN_ID), self._one_time_password()
        if user and user["must_change_password"] and await self.passwords.verify(user["password_hash"], password):
            _print_password(user["email"], password)

    async def _create_project(self, project_id: str) -> None:
        now = utc_now()
        document = {
            "_id": project_id,
            "name": project_id,
            "description": "",
            "retention_days": DEFAULT_RETENTION_DAYS,
            "state": "active",
            "created_at": now,
            "updated_at": now,
        }
        try:
            await self.projects.create(document)
        except AlreadyExists:
            return
        await self.audit.record(
            SYSTEM, "project.create", "project", project_id, project_id=project_id, after=document
        )

    async def _create_key(self, text: str, project_id: str | None) -> None:
        key_id = await self.api_keys.create_given(text, project_id)
        if key_id is not None:
            await self.audit.record(SYSTEM, "api_key.create", "api_key", key_id, project_id=project_id)


def _print_password(email: str, password: str) -> None:
    line = "=" * 64
    sys.stdout.write(
        f"\n{line}\nFirst administrator: {email}\nOne-time password:   {password}\n"
        f"It must be changed at the first sign-in. Until then, each start shows it.\n{line}\n\n"
    )
    sys.stdout.flush()

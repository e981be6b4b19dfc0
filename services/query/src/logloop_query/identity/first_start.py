"""The first start: one administrator, and the project and key that an installation asks for.

It must not change what is there already; several instances may run it at the same time.
"""

import sys
from dataclasses import dataclass

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.api_keys import ApiKeys
from logloop_query.identity.passwords import Passwords, generate_password
from logloop_query.identity.stores.users import UserStore
from logloop_query.ports import DEFAULT_RETENTION_DAYS
from logloop_query.records.audit import SYSTEM, AuditTrail
from logloop_query.records.store import AlreadyThere
from logloop_query.records.types import now

FIRST_ADMIN_ID = "u_first"
_MIN_GIVEN_PASSWORD = 8


class FirstStart(BaseSettings):
    """What an installation may ask to find ready at its first start."""

    model_config = SettingsConfigDict(env_prefix="LOGLOOP_", hide_input_in_errors=True, extra="ignore")

    admin_email: str = Field("admin@logloop.local", description="Address of the first administrator.")
    admin_password: SecretStr | None = Field(None, description="Else one is generated and printed once.")
    first_project: str | None = Field(None, description="A project to create.")
    first_api_key: SecretStr | None = Field(None, description="A key of that project, llk_<id>_<secret>.")


@dataclass(frozen=True, slots=True)
class Seeding:
    """Creates what a fresh installation lacks."""

    users: UserStore
    projects: ProjectStore
    api_keys: ApiKeys
    passwords: Passwords
    audit: AuditTrail

    async def run(self, wanted: FirstStart) -> None:
        """Create the first administrator, project and key. Raises ValueError for a malformed key or password."""
        await self._administrator(wanted)
        if wanted.first_project:
            await self._project(wanted.first_project)
        if wanted.first_api_key and wanted.first_api_key.get_secret_value():
            await self._key(wanted.first_api_key.get_secret_value(), wanted.first_project or None)

    async def _administrator(self, wanted: FirstStart) -> None:
        if await self.users.any():
            return
        given = wanted.admin_password.get_secret_value() if wanted.admin_password else ""
        if given and len(given) < _MIN_GIVEN_PASSWORD:
            raise ValueError(f"LOGLOOP_ADMIN_PASSWORD needs at least {_MIN_GIVEN_PASSWORD} characters")
        password = given or generate_password()
        moment, email = now(), wanted.admin_email.strip().lower()
        document = {
            "_id": FIRST_ADMIN_ID,
            "email": email,
            "name": "Administrator",
            "role": "admin",
            "projects": [],
            "disabled": False,
            "password_hash": await self.passwords.hash(password),
            "must_change_password": not given,
            "created_at": moment,
            "updated_at": moment,
        }
        try:
            await self.users.create(document)
        except AlreadyThere:
            return
        if not given:
            _print_once(email, password)
        await self.audit.record(SYSTEM, "user.create", "user", FIRST_ADMIN_ID, after=document)

    async def _project(self, project_id: str) -> None:
        moment = now()
        document = {
            "_id": project_id,
            "name": project_id,
            "description": "",
            "retention_days": DEFAULT_RETENTION_DAYS,
            "state": "active",
            "created_at": moment,
            "updated_at": moment,
        }
        try:
            await self.projects.create(document)
        except AlreadyThere:
            return
        await self.audit.record(
            SYSTEM, "project.create", "project", project_id, project_id=project_id, after=document
        )

    async def _key(self, text: str, project_id: str | None) -> None:
        key_id = await self.api_keys.seed(text, project_id)
        if key_id is not None:
            await self.audit.record(SYSTEM, "api_key.create", "api_key", key_id, project_id=project_id)


def _print_once(email: str, password: str) -> None:
    line = "=" * 64
    sys.stdout.write(
        f"\n{line}\nFirst administrator: {email}\nOne-time password:   {password}\n"
        f"It is shown only now and must be changed at the first sign-in.\n{line}\n\n"
    )
    sys.stdout.flush()

"""Callers and what they may do."""

from dataclasses import dataclass, field
from typing import Literal

from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Forbidden, NotFound

Scope = Literal["ingest", "read", "write", "admin"]

SESSION_PATH = "/api/v1/session"

_KEY_SCOPES: dict[str, frozenset[Scope]] = {
    "ingest": frozenset({"ingest"}),
    "read": frozenset({"read"}),
    "admin": frozenset({"ingest", "read", "write", "admin"}),
}
_ROLE_SCOPES: dict[str, frozenset[Scope]] = {
    "viewer": frozenset({"read"}),
    "member": frozenset({"read", "ingest", "write"}),
    "admin": frozenset({"ingest", "read", "write", "admin"}),
}


@dataclass(frozen=True, slots=True)
class SendingLimits:
    """How much a key may send: bytes a second and bytes per day of UTC, after decompression; None: no limit.

    Keys that replace each other share `counted_as`, so that a rotation starts no second allowance.
    """

    counted_as: str
    max_bytes_per_s: int | None = None
    daily_quota_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. `projects` None means every project."""

    kind: Literal["user", "key", "service", "anonymous"]
    id: str
    name: str
    is_admin: bool = False
    scopes: frozenset[Scope] = frozenset()
    projects: frozenset[str] | None = frozenset()
    role_in: dict[str, str] = field(default_factory=dict)
    session_id: str | None = None
    must_change_password: bool = False
    must_set_up_two_factor: bool = False
    sending: SendingLimits | None = None

    def must_first(self) -> str | None:
        """Return what a signed-in user has to do before anything else, None when nothing is missing."""
        if self.must_change_password:
            return f"change your one-time password first: PUT {SESSION_PATH}/password"
        if self.must_set_up_two_factor:
            return f"set up two-factor sign-in first: POST {SESSION_PATH}/two-factor"
        return None

    def sees(self, project_id: str) -> bool:
        """Return whether the caller may know that the project exists."""
        return self.is_admin or self.projects is None or project_id in self.projects

    def may(self, scope: Scope, project_id: str | None) -> bool:
        """Return whether the caller has a scope in a project; None stands for all projects."""
        if self.is_admin:
            return True
        if project_id is None:
            return self.projects is None and scope in self.scopes
        if not self.sees(project_id):
            return False
        return scope in (_ROLE_SCOPES[self.role_in[project_id]] if project_id in self.role_in else self.scopes)

    def only_project(self) -> str | None:
        """Return the project of a caller that is limited to exactly one."""
        return next(iter(self.projects)) if self.projects is not None and len(self.projects) == 1 else None


def require(principal: Principal, scope: Scope, project_id: str | None) -> None:
    """Raise NotFound for a project that the caller may not see, Forbidden for a scope that it lacks."""
    if project_id is not None and not principal.sees(project_id):
        raise NotFound(f"project {project_id!r} does not exist, or you have no access to it")
    if not principal.may(scope, project_id):
        where = f"in project {project_id!r}" if project_id else "for the whole instance"
        raise Forbidden(f"this requires the {scope!r} right {where}; ask an administrator")


def key_principal(document: Document) -> Principal:
    """Return the caller for a stored API key."""
    scopes: frozenset[Scope] = frozenset().union(*(_KEY_SCOPES[scope] for scope in document["scopes"]))
    project_id = document.get("project_id")
    return Principal(
        "key",
        str(document["_id"]),
        str(document.get("name", "")),
        is_admin=project_id is None and "admin" in document["scopes"],
        scopes=scopes,
        projects=None if project_id is None else frozenset({project_id}),
        sending=SendingLimits(
            str(document.get("counted_as") or document["_id"]),
            document.get("max_bytes_per_s"),
            document.get("daily_quota_bytes"),
        ),
    )


def user_principal(user: Document, session_id: str, *, must_set_up_two_factor: bool = False) -> Principal:
    """Return the caller for a stored user. Its session says whether a second factor is missing."""
    roles = {item["project_id"]: item["role"] for item in user.get("projects", [])}
    return Principal(
        "user",
        str(user["_id"]),
        str(user.get("name") or user.get("email", "")),
        is_admin=user.get("role") == "admin",
        projects=None if user.get("role") == "admin" else frozenset(roles),
        role_in=roles,
        session_id=session_id,
        must_change_password=bool(user.get("must_change_password")),
        must_set_up_two_factor=must_set_up_two_factor,
    )

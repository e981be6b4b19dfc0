"""Creates and stores the access to a MongoDB data folder: replica-set name, user and key file."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from logloop.local.home import write_private

_USER = "logloop"
_OLD_REPLICA_SET = "rs0"


@dataclass(frozen=True)
class Access:
    """`user` and `password` are for the services; `key` is the content of mongod's key file."""

    replica_set: str
    user: str
    password: str
    key: str


def access_to(folder: Path) -> Access:
    """Return the access to a node's data, which is created at the first call and stored in a private file beside it.

    Data that was created without access control keeps its replica-set name.
    """
    path = folder / "access.json"
    if path.exists():
        return Access(**json.loads(path.read_text()))
    is_old = (folder / "data" / "WiredTiger").exists()
    made = Access(
        replica_set=_OLD_REPLICA_SET if is_old else f"logloop-{secrets.token_hex(6)}",
        user=_USER,
        password=secrets.token_urlsafe(32),
        # mongod parses a key file as YAML: the leading letter keeps it from being parsed as a number.
        key=f"k{secrets.token_hex(48)}",
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_private(path, asdict(made))
    return made


def write_key_file(folder: Path, access: Access) -> Path:
    """Write the key file, readable only by this user as mongod requires, and return its path."""
    path = folder / "keyfile"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(access.key)
    return path

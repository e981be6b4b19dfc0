"""A replica set of three members, whose primary may step down, be killed or become slow."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from logloop.local.mongodb import find_mongod
from logloop.local.ports import LOOPBACK, free_port
from logloop.local.processes import Child, clean_env
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.infra import memory_folder
from tests.system.platform import wait_for

_ELECTION_TIMEOUT_MS = 2_000
"""A production set takes 10 s; the test need not."""


class ReplicaSet:
    """Three mongod processes on loopback without access control. Failpoints are enabled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = [free_port() for _ in range(3)]
        self._children = {port: self._new_child(port) for port in self._ports}

    @property
    def url(self) -> str:
        """The URL of the set."""
        members = ",".join(f"{LOOPBACK}:{port}" for port in self._ports)
        return f"mongodb://{members}/?replicaSet=faults"

    def start(self) -> None:
        """Start all members and wait until there is a primary."""
        for child in self._children.values():
            child.start()
        members = [{"_id": number, "host": f"{LOOPBACK}:{port}"} for number, port in enumerate(self._ports)]
        settings = {"electionTimeoutMillis": _ELECTION_TIMEOUT_MS, "heartbeatIntervalMillis": 500}
        config = {"_id": "faults", "members": members, "settings": settings}
        for port in self._ports:
            with self._member(port) as member:
                wait_for(lambda member=member: _responds(member), what=f"the member on port {port}")  # type: ignore[misc]  # binds the loop variable
        with self._member(self._ports[0]) as first:
            first.admin.command("replSetInitiate", config)
        self.wait_primary()

    def kill(self) -> None:
        """Kill all members."""
        for child in self._children.values():
            child.kill()

    def wait_primary(self, *, other_than: int = 0) -> int:
        """Wait until a member is the primary and return its port."""
        return wait_for(lambda: self._find_primary(other_than), every_s=0.1, what="a primary")

    def step_down(self) -> int:
        """Make the primary step down, and return its port."""
        port = self.wait_primary()
        with self._member(port) as primary, contextlib.suppress(PyMongoError):  # it closes its connections
            primary.admin.command({"replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 1, "force": True})
        return port

    def kill_primary(self) -> int:
        """Kill the primary and return its port."""
        port = self.wait_primary()
        self._children[port].kill()
        return port

    def restart(self, port: int) -> None:
        """Start a member that was killed."""
        self._children[port] = self._new_child(port)
        self._children[port].start()

    @contextlib.contextmanager
    def slow(self, milliseconds: int) -> Iterator[None]:
        """Delay each command of the services on the primary while the body runs."""
        commands = ["find", "insert", "update", "aggregate", "findAndModify", "delete", "getMore"]
        data = {"failCommands": commands, "blockConnection": True, "blockTimeMS": milliseconds}
        with self._member(self.wait_primary()) as primary:
            primary.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data})
            try:
                yield
            finally:
                primary.admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Block all writes on the primary while the body runs."""
        with self._member(self.wait_primary()) as primary:
            primary.admin.command("fsync", lock=True)
            try:
                yield
            finally:
                primary.admin.command("fsyncUnlock")

    def _find_primary(self, other_than: int) -> int | None:
        for port in self._ports:
            if port == other_than or not self._children[port].is_running():
                continue
            with self._member(port) as member, contextlib.suppress(PyMongoError):
                if member.admin.command("hello").get("isWritablePrimary"):
                    return port
        return None

    def _member(self, port: int) -> MongoClient[dict[str, Any]]:
        return MongoClient(LOOPBACK, port, directConnection=True, serverSelectionTimeoutMS=2000)

    def _new_child(self, port: int) -> Child:
        data = self._folder / str(port)
        data.mkdir(exist_ok=True)
        options: Mapping[str, object] = {
            "replSet": "faults", "dbpath": data, "port": port, "bind_ip": LOOPBACK,
            "wiredTigerCacheSizeGB": 0.25, "oplogSize": 64,
        }  # fmt: skip
        command = [str(find_mongod()), "--nounixsocket", "--quiet"]
        command += [
            "--setParameter",
            "enableTestCommands=1",
            "--setParameter",
            "diagnosticDataCollectionEnabled=false",
            "--setParameter",
            "transactionLifetimeLimitSeconds=10",
        ]
        command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return Child(f"mongod-{port}", command, clean_env(), self._folder / f"{port}.log", on_parent_death="KILL")


def _responds(member: MongoClient[dict[str, Any]]) -> bool:
    try:
        return bool(member.admin.command("ping"))
    except PyMongoError:
        return False


@contextlib.contextmanager
def replica_set() -> Iterator[ReplicaSet]:
    """A started replica set with its data in memory."""
    with memory_folder() as folder:
        created = ReplicaSet(folder)
        try:
            created.start()
            yield created
        finally:
            created.kill()

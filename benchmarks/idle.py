"""Measures the memory of the whole platform at rest, started as `logloop up` starts it.

It starts a platform of its own, because a process that has done work does not return to its idle size.
"""

import shutil
import tempfile
import time
from pathlib import Path

from logloop.local.home import Home
from logloop.local.mongodb import MongoNode
from logloop.local.platform import Options, assemble

from benchmarks.processes import rss_bytes
from benchmarks.report import MB, Report

_READY_TIMEOUT_S = 60.0
_REST_S = 15.0


def idle_rss() -> dict[str, int]:
    """Return resident bytes by process after some seconds at rest."""
    folder = Path(tempfile.mkdtemp(prefix="logloop-idle-", dir="/var/tmp"))
    home = Home(folder)
    home.open()
    platform = assemble(home, Options(), {})
    try:
        for node in platform.nodes:
            node.start()
        for service in [*platform.services, platform.gateway]:
            service.start()
        for service in [*platform.services, platform.gateway]:
            service.wait_ready(_READY_TIMEOUT_S)
        time.sleep(_REST_S)
        pids = {service.name: service.pid for service in [*platform.services, platform.gateway]}
        for node in platform.nodes:
            if isinstance(node, MongoNode):
                pids["mongod"] = node.process.pid
            else:
                pids["broker"] = node.broker.pid
        return {name: rss_bytes(pid) for name, pid in pids.items()}
    finally:
        for service in [platform.gateway, *platform.services]:
            service.stop()
        for node in platform.nodes:
            node.kill()
        shutil.rmtree(folder, ignore_errors=True)


def add_idle_row(report: Report) -> None:
    """Measure the idle platform and add its row."""
    resident = idle_rss()
    total = sum(resident.values())
    by_process = {name: round(size / MB) for name, size in resident.items()}
    report.figures |= {"idle_rss_mb": round(total / MB), "idle_rss_mb_by_process": by_process}
    detail = ", ".join(f"{name} {size / MB:.0f}" for name, size in resident.items())
    report.add("idle platform", f"{total / MB:.0f} MB ({detail})", "≤ 1 GiB", met=total <= 2**30)

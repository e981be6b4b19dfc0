"""Imports the `logloop` command once, and forks a process for each run of it.

`tests.forked_command` starts it and sends it requests.
"""

import gc
import json
import os
import socket
import sys
from importlib import import_module
from typing import Any

from logloop.cli import main

_MAX_REQUEST = 1 << 20
_IMPORTED = ("logloop.cli.app", "logloop.api.client", "logloop.shipping.shipper", "logloop.lines.reader")


def wait_for_command(connection: socket.socket) -> list[str]:
    """Serve requests until the caller is gone. In each forked process, return the arguments of its command."""
    while True:
        request, files, *_ = socket.recv_fds(connection, _MAX_REQUEST, 3)
        if not request:
            connection.close()
            os._exit(0)
        child = os.fork()
        if not child:
            connection.close()
            return _prepare(json.loads(request), files)
        for file in files:
            os.close(file)
        _, status = os.waitpid(child, 0)
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _prepare(request: dict[str, Any], files: list[int]) -> list[str]:
    """Give this process the files, the environment and the folder of the request. Return the arguments."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        old = getattr(sys, name)
        new = open(  # noqa: SIM115 - open until the process ends
            old.fileno(),
            mode,
            encoding=old.encoding,
            errors=old.errors,
            closefd=False,
            buffering=1 + (name != "stderr"),
        )
        setattr(sys, name, new)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["folder"])
    return [*request["arguments"]]


if __name__ == "__main__":
    for module in _IMPORTED:
        import_module(module)
    gc.collect()
    gc.freeze()  # a collection in a forked process would copy the pages of all this
    sys.argv[1:] = wait_for_command(socket.socket(fileno=int(sys.argv[1])))
    main()

"""What the server of forked services imports before it forks the first one. No other process imports this module."""

import gc
from importlib import import_module

import logloop.local.processes  # noqa: F401

from tests.system.forked import MODULES

for _name in MODULES.values():
    import_module(f"{_name}.app")
# A collection in a service would look through all of it, and copy its pages.
gc.collect()
gc.freeze()

"""Imports what a service loads while it runs: its own modules, and libraries that are loaded by name.

Python then stores their bytecode, and an import that fails ends the build of the image.
"""

import importlib
import importlib.util
import pkgutil
import sys

_LOADED_BY_NAME = (
    "anyio._backends._asyncio",
    "logloop_contracts.broker_files",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)
_LOADED_BY_NAME_IN_ANALYZER = (
    "anthropic",
    "httpx2",
    "langchain_anthropic",
    "langchain_google_genai",
    "langchain_ollama",
    "langchain_openai",
    "langsmith",
)


def load(service: str) -> None:
    """Import everything that the package of a service loads."""
    # Of logloop_contracts, a service has only the parts that it imports: the others need more libraries.
    for name in ("logloop_chassis", service):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    for name in (*_LOADED_BY_NAME, *(_LOADED_BY_NAME_IN_ANALYZER if service == "logloop_analyzer" else ())):
        importlib.import_module(name)


if __name__ == "__main__":
    load(sys.argv[1])

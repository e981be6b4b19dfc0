"""What a running service holds, and how request handlers reach it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, FastAPI, Request
from faststream.rabbit import RabbitBroker
from pymongo import AsyncMongoClient
from starlette.types import Receive, Scope, Send

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.database.client import Database, Document
from logloop_chassis.http.direct import DirectRoute, Handler
from logloop_chassis.http.health import HealthRegistry
from logloop_chassis.messaging.dead_letters import DeadLetterQueues
from logloop_chassis.messaging.publisher import Publisher
from logloop_chassis.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)
P = TypeVar("P")


@dataclass
class Resources(Generic[S]):
    """What every service holds while it runs. `stopping` is set as soon as the process is asked to stop."""

    settings: S
    service: str
    mongo: AsyncMongoClient[Document]
    database: Database
    publisher: Publisher
    consumer: RabbitBroker
    health: HealthRegistry
    authenticator: Authenticator
    dead_letters: DeadLetterQueues
    stopping: asyncio.Event


class ServiceApp(FastAPI):
    """A FastAPI app with typed state, which its lifespan sets: the shared resources and the service's own parts."""

    def __init__(self, *, service: str = "", **options: Any) -> None:
        super().__init__(**options)
        self._service = service
        self._direct: dict[str, DirectRoute] = {}
        self.stopping = asyncio.Event()
        self.parts: object = None
        self._resources: Resources[Any] | None = None

    @property
    def resources(self) -> Resources[Any]:
        """The shared resources; only after the lifespan has started."""
        assert self._resources is not None, "the lifespan has not started"
        return self._resources

    @resources.setter
    def resources(self, resources: Resources[Any]) -> None:
        self._resources = resources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the server for each request, and once for the lifespan."""
        direct = self._direct.get(scope["path"]) if scope["type"] == "http" else None
        if direct is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self
            await direct(scope, receive, send)

    def serve_directly(self, method: str, path: str, handler: Handler) -> None:
        """Serve an operation before the layers of FastAPI, with `DirectRoute`. Its route exists in them as well."""
        self._direct[path] = DirectRoute(super().__call__, self._service, method, path, handler)

    def add_routes(self, router: APIRouter) -> None:
        """Serve the routes of a router as they are.

        `include_router` builds each of them again when a request looks for its route. That keeps the event loop of
        query busy for 170 ms after each start.
        """
        self.router.routes.extend(router.routes)


def resources_of(request: Request) -> Resources[Any]:
    """Return the shared resources of the service that handles a request."""
    app: ServiceApp = request.app
    return app.resources


def parts_of(request: Request, kind: type[P]) -> P:
    """Return the service's own parts, which must be of type `kind`."""
    app: ServiceApp = request.app
    assert isinstance(app.parts, kind), f"the service's parts are {type(app.parts).__name__}, not {kind.__name__}"
    return app.parts

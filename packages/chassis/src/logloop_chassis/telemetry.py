"""Structured logging to standard output, and the metrics that all services share."""

import logging
import sys
import time
from typing import Literal

import orjson
import structlog
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

STARTED = "logloop.started"
"""The key of an HTTP scope under which a direct route stores when the request began."""
HTTP_REQUESTS = Counter("logloop_http_requests_total", "HTTP requests.", ["service", "method", "route", "status"])
HTTP_SECONDS = Histogram("logloop_http_request_seconds", "Time until the response starts.", ["service", "route"])
MESSAGES = Counter("logloop_messages_total", "Messages consumed.", ["queue", "outcome"])
MESSAGES_IN_FLIGHT = Gauge("logloop_messages_in_flight", "Messages being handled.", ["queue"])
PUBLISH_SECONDS = Histogram("logloop_publish_seconds", "Time until the broker confirms.", ["exchange"])
PUBLISH_FAILURES = Counter(
    "logloop_publish_failures_total", "Publishes that were not confirmed.", ["exchange", "reason"]
)
BROKER_CONNECTED = Gauge("logloop_broker_connected", "1 while connected to RabbitMQ.", ["service", "connection"])


def configure_logging(service: str, *, level: str, style: Literal["json", "console"]) -> None:
    """Send structlog and the standard library's logging to standard output, as JSON lines or plain text."""

    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service_id"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(style)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aio_pika", "aiormq", "pymongo", "httpx", "httpcore", "faststream"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _renderer(style: Literal["json", "console"]) -> Processor:
    if style == "console":
        return structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())

    def render(_: WrappedLogger, __: str, event: EventDict) -> str:
        event["message"] = event.pop("event", "")
        return orjson.dumps(event, default=str).decode()

    return render


class HttpMetrics:
    """ASGI middleware that counts requests by route template and measures the time until the response starts."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request and record its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = scope.get(STARTED) or time.perf_counter(), 500

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                route = getattr(scope.get("route"), "path", "other")
                HTTP_SECONDS.labels(self._service, route).observe(time.perf_counter() - started)
                HTTP_REQUESTS.labels(self._service, scope["method"], route, str(status)).inc()
            await send(message)

        await self._app(scope, receive, noting_send)

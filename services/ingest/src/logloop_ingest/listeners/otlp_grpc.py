"""Accepts OpenTelemetry's logs over gRPC: LogsService/Export, with the same checks and answers as over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from grpc import aio
from logloop_chassis.http.problems import Problem
from starlette.datastructures import Headers

from logloop_ingest.http.protocol_endpoint import ProtocolEndpoint
from logloop_ingest.listeners.addresses import ListenAddress
from logloop_ingest.listeners.listen_secrets import ListenSecrets, tls_context
from logloop_ingest.protocols.otlp.otlp import OTLP, PROTOBUF, response_of
from logloop_ingest.protocols.otlp.status import code_of, status_of
from logloop_ingest.protocols.protocol import Envelope

METHOD = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
_MAX_CONCURRENT = 256
"""Requests at once; more are refused with RESOURCE_EXHAUSTED."""
_DETAILS = "grpc-status-details-bin"
_STOP_S = 5.0
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Export(grpc.GenericRpcHandler):
    endpoint: ProtocolEndpoint

    def service(self, handler_call_details: Any) -> Any:
        """Return the handler of a call, None for a method that is not served."""
        return grpc.unary_unary_rpc_method_handler(self._export) if handler_call_details.method == METHOD else None

    async def _export(self, body: bytes, context: Any) -> bytes:
        """Answer after the confirm of the broker."""
        metadata = {str(name).lower(): value for name, value in context.invocation_metadata()}
        headers = Headers({name: value for name, value in metadata.items() if isinstance(value, str)})
        envelope = Envelope(METHOD, {}, {}, {**headers, "content-type": PROTOBUF}, self.endpoint.logs.accept.now_us())
        try:
            principal = await self.endpoint.caller(headers, envelope)
            with self.endpoint.logs.in_flight.reserve() as reservation:
                reservation.grow_to(len(body))
                result = await self.endpoint.submit(envelope, body, principal, OTLP)
            return response_of(result).SerializeToString()
        except Problem as problem:
            await context.abort(
                _CODES[code_of(problem)], problem.detail, trailing_metadata=((_DETAILS, status_of(problem)),)
            )
            raise AssertionError from problem  # abort raises


@asynccontextmanager
async def otlp_grpc_listener(
    address: ListenAddress, endpoint: ProtocolEndpoint, secrets: ListenSecrets
) -> AsyncIterator[None]:
    """Listen at an address until the context ends. Raises InvalidAddress (no TLS) and OSError (used port)."""
    credentials = _credentials(secrets) if address.transport == "grpcs" else None
    server = aio.server(
        options=[
            ("grpc.max_receive_message_length", endpoint.logs.bodies.limits.request_bytes),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=_MAX_CONCURRENT,
    )
    server.add_generic_rpc_handlers((_Export(endpoint),))
    host = f"[{address.host}]" if ":" in address.host else address.host
    place = f"{host}:{address.port}"
    try:
        if credentials is None:
            server.add_insecure_port(place)
        else:
            server.add_secure_port(place, credentials)
    except RuntimeError as error:
        raise OSError(f"cannot listen at {place} for OTLP; set a free address in LOGLOOP_LISTEN") from error
    await server.start()
    _log.info("listening", address=f"otlp+{address.transport}://{place}")
    try:
        yield
    finally:
        await server.stop(_STOP_S)


def _credentials(secrets: ListenSecrets) -> grpc.ServerCredentials:
    """Return the certificates for gRPC. Raises InvalidAddress."""
    tls_context(secrets)  # gRPC does not say what is wrong with a file
    assert secrets.certificate is not None
    certificate = secrets.certificate.read_bytes()
    key = certificate if secrets.private_key is None else secrets.private_key.read_bytes()
    clients = None if secrets.client_ca is None else secrets.client_ca.read_bytes()
    return grpc.ssl_server_credentials([(key, certificate)], clients, clients is not None)

"""Handles requests of clients of other log platforms like POST /api/v1/logs, with the answers of their protocol."""

from dataclasses import dataclass

from fastapi import Request, Response
from logloop_chassis.auth.authenticator import KEY_PREFIX
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.connections import trust_request
from logloop_chassis.http.problems import BadRequest, Problem
from starlette.datastructures import Headers

from logloop_ingest.accept import Result, Submission
from logloop_ingest.http.beginnings import first_line, with_what_has_arrived
from logloop_ingest.http.endpoint import LogEndpoint, require_ingest
from logloop_ingest.http.responses import project_problem
from logloop_ingest.http.streamed_bodies import accept_parts
from logloop_ingest.in_flight import Reservation
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries, reject_floods
from logloop_ingest.protocols.credentials import api_key_of
from logloop_ingest.protocols.protocol import Answer, Envelope, FixedAnswer, IntakeProtocol

_PROJECT_HEADERS = ("x-logloop-project", "x-scope-orgid")
_PROJECT_PARAMETER = "project"


@dataclass(frozen=True, slots=True)
class ProtocolEndpoint:
    """Accepts logs in other protocols."""

    logs: LogEndpoint

    async def post(self, request: Request, protocol: IntakeProtocol) -> Response:
        """Accept the logs of a request; the answer has the form of the protocol, also for a refusal."""
        request = await with_what_has_arrived(request)
        envelope = self._envelope(request)
        body: bytes | None = None
        try:
            key: str | None = None
            if protocol.key_in_first_line is not None and api_key_of(request.headers, envelope.query) is None:
                line, request = await first_line(request, timeout_s=self.logs.bodies.timeout_s)
                key = protocol.key_in_first_line(line)
            principal = await self.caller(request.headers, envelope, key)
            trust_request(request.scope)
            with self.logs.in_flight.reserve() as reservation:
                if protocol.parts is not None and not protocol.content_encoding(envelope, b""):
                    result = await self._in_parts(request, envelope, principal, protocol, reservation)
                    return _response(protocol.accepted(envelope, result, b""))
                body = await self._body(request, envelope, protocol, reservation)
                result = await self.submit(envelope, body, principal, protocol)
                return _response(protocol.accepted(envelope, result, body))
        except Problem as problem:
            return _response(protocol.refused(envelope, problem, body))

    async def answer(self, request: Request, fixed: FixedAnswer) -> Response:
        """Answer a request without logs. Raises Problem."""
        envelope = self._envelope(request)
        try:
            if fixed.needs_key:
                await self.caller(request.headers, envelope)
                trust_request(request.scope)
            with self.logs.in_flight.reserve() as reservation:
                body = await self.logs.bodies.read(request, reservation)
                return _response(fixed.answer(envelope, body))
        except Problem as problem:
            if fixed.refused is None:
                raise
            return _response(fixed.refused(envelope, problem, None))

    def _envelope(self, request: Request) -> Envelope:
        now_us = self.logs.accept.now_us()
        return Envelope(request.url.path, request.path_params, request.query_params, request.headers, now_us)

    async def caller(self, headers: Headers, envelope: Envelope, key: str | None = None) -> Principal:
        """Return the caller, if it may send logs. `key` is used if the request has no other. Raises Problem."""
        authenticator = self.logs.authenticator
        token = api_key_of(headers, envelope.query) or envelope.path_parameters.get("key") or key
        if token is None or (authenticator.no_auth and not token.startswith(KEY_PREFIX)):
            # Many clients send a token even if they need none.
            principal = await authenticator.authenticate(headers, method="POST", ignore_token=True)
        else:
            principal = await authenticator.authenticate_token(token)
        require_ingest(principal)
        return principal

    async def submit(self, envelope: Envelope, body: bytes, principal: Principal, protocol: IntakeProtocol) -> Result:
        """Accept a decompressed body.

        Raises Problem, also when every entry was rejected, unless the answers of the protocol name each of them.
        """
        project_id = _project_of(envelope)
        if project_id is None and principal.only_project() is None:
            raise BadRequest("this caller has several projects; add ?project=<id> or the header X-Logloop-Project")

        def parse(content: bytes, limits: Limits) -> Entries:
            reject_floods(content)
            return protocol.translate(envelope, content, limits)

        submission = Submission(body, parse, principal, protocol.name, project_id=project_id, once=True)
        result = await self.logs.submit(submission)
        if result.rejected and not result.accepted:
            _require_some(result, protocol)
        return result

    async def _in_parts(
        self,
        request: Request,
        envelope: Envelope,
        principal: Principal,
        protocol: IntakeProtocol,
        reservation: Reservation,
    ) -> Result:
        """Accept a body in parts. Raises Problem."""
        assert protocol.parts is not None

        async def submit_new(part: bytes) -> Result:
            return await self.submit(envelope, part, principal, protocol)

        async def submit(part: bytes) -> Result:
            return await self.logs.accepted_parts.submit(part, principal.id, _project_of(envelope), submit_new)

        bodies = self.logs.bodies
        parts = protocol.parts(bodies.limits)
        return await accept_parts(request, parts, submit, reservation, timeout_s=bodies.timeout_s)

    async def _body(
        self, request: Request, envelope: Envelope, protocol: IntakeProtocol, reservation: Reservation
    ) -> bytes:
        """Return the decompressed body. Raises Problem."""
        sent = await self.logs.bodies.read(request, reservation)
        encoding = protocol.content_encoding(envelope, sent)
        return await self.logs.bodies.decompressed(sent, encoding, reservation)


def _require_some(result: Result, protocol: IntakeProtocol) -> None:
    """Raise a Problem for a request of which every entry was rejected, unless the answer says so for each of them."""
    problem = project_problem(result.rejected)
    if problem is not None:
        raise problem
    if not protocol.answers_each_entry:
        violation = result.rejected[0].violations[0]
        raise BadRequest(f"every entry was rejected; the first: {violation.field} {violation.reason}")


def _project_of(envelope: Envelope) -> str | None:
    stated = (envelope.headers.get(name) for name in _PROJECT_HEADERS)
    return next((name for name in (*stated, envelope.query.get(_PROJECT_PARAMETER)) if name), None)


def _response(answer: Answer) -> Response:
    return Response(
        answer.body, status_code=answer.status, media_type=answer.media_type, headers=dict(answer.headers)
    )

"""Handles POST /api/v1/logs: authenticates the caller, reads the body within its limits and calls the use case."""

from dataclasses import dataclass, field

from fastapi import Request, Response
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.connections import trust_request
from logloop_chassis.http.problems import BadRequest, Forbidden
from logloop_chassis.messaging.publisher import NotPublished

from logloop_ingest.accept import Accept, Result, Submission
from logloop_ingest.http.bodies import BodyReader
from logloop_ingest.http.responses import not_confirmed, receipt
from logloop_ingest.http.streamed_bodies import AcceptedParts
from logloop_ingest.in_flight import InFlightBudget
from logloop_ingest.limits import MAX_KEY_LENGTH
from logloop_ingest.parsing.content_types import body_format
from logloop_ingest.parsing.entries import parser
from logloop_ingest.rate_limits import KeyLimits


@dataclass(frozen=True, slots=True)
class LogEndpoint:
    """Accepts logs over HTTP."""

    accept: Accept
    authenticator: Authenticator
    in_flight: InFlightBudget
    bodies: BodyReader
    key_limits: KeyLimits
    accepted_parts: AcceptedParts = field(default_factory=AcceptedParts)

    async def post(self, request: Request) -> Response:
        """Accept the logs of a request and respond after the broker's confirm. Raises Problem."""
        headers = request.headers
        principal = await self.authenticator.authenticate(headers, method="POST")
        require_ingest(principal)
        trust_request(request.scope)
        form = body_format(headers.get("content-type", ""))
        key = _idempotency_key(headers.get("idempotency-key"))
        with self.in_flight.reserve() as reservation:
            sent = await self.bodies.read(request, reservation)
            body = await self.bodies.decompressed(sent, headers.get("content-encoding"), reservation)
            result = await self.submit(Submission(body, parser(form), principal, "http", key))
        return Response(receipt(result), status_code=202, media_type="application/json")

    async def submit(self, submission: Submission) -> Result:
        """Accept a submission that the limits of its key admit, and count what was stored. Raises Problem."""
        async with self.key_limits.admitted(submission.principal, len(submission.body)) as counts:
            try:
                result = await self.accept(submission)
            except NotPublished as error:
                raise not_confirmed(error) from error
            counts.entries = 0 if result.duplicate else result.accepted
        return result


def require_ingest(principal: Principal) -> None:
    """Raise Forbidden for a caller that may not send to any project, before its body is read."""
    first = principal.must_first()
    if first is not None:
        raise Forbidden(first)
    if principal.kind in {"key", "service"} and not principal.is_admin and "ingest" not in principal.scopes:
        raise Forbidden("sending logs needs a key with the scope 'ingest'; ask an administrator")


def _idempotency_key(value: str | None) -> str | None:
    if value is not None and not (1 <= len(value) <= MAX_KEY_LENGTH and value.isprintable()):
        raise BadRequest(f"an Idempotency-Key must have 1 to {MAX_KEY_LENGTH} printable characters")
    return value

"""Accepts submissions of senders that cannot be told to come back: retries until an outage or overload ends."""

import asyncio
from collections.abc import Awaitable, Callable

from logloop_chassis.background import wait_for_any
from logloop_chassis.http.problems import TooManyRequests, Unavailable
from logloop_chassis.messaging.publisher import NotPublished

from logloop_ingest.accept import Result, Submission
from logloop_ingest.in_flight import InFlightBudget

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0

AcceptsSubmissions = Callable[[Submission], Awaitable[Result]]
PASSING = (NotPublished, Unavailable, TooManyRequests)
"""What is raised while the broker or the database is away, or too much is in progress."""


async def accept_patiently(
    submission: Submission, accept: AcceptsSubmissions, in_flight: InFlightBudget, stopping: asyncio.Event
) -> Result:
    """Accept a submission; during an outage retry until it ends.

    Raises one of PASSING only once `stopping` is set, and Problem for a submission that would always be refused.
    """
    wait_s = FIRST_WAIT_S
    while True:
        try:
            with in_flight.reserve() as reservation:
                reservation.grow_to(len(submission.body))
                return await accept(submission)
        except PASSING:
            if stopping.is_set():
                raise
        await wait_for_any(stopping, timeout_s=wait_s)
        wait_s = min(LONGEST_WAIT_S, wait_s * 2)

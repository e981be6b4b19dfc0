"""Wait for an event, but not for ever.

It must not decide what happens then.
"""

import asyncio


async def wait_at_most(event: asyncio.Event, seconds: float) -> None:
    """Return when an event is set or the time is over."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return

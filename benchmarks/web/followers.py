"""Live tails without a browser, in a process of their own: `python -m benchmarks.web.followers '{…}'`.

It prints `ready` when all of them are open, follows until its standard input closes, and prints as one JSON array
how many lines each received and how many the server left out.
"""

import asyncio
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

import orjson

from benchmarks.sending.http_client import request_head, stream


@dataclass(frozen=True)
class FollowPlan:
    """What to follow, and how many times."""

    url: str
    key: str
    project: str
    q: str
    tails: int


@dataclass
class Followed:
    """Lines that one tail received, and lines that the server left out of it."""

    received: int = 0
    skipped: int = 0


class Followers:
    """The parent's handle on the process. Its tails are open when the constructor returns."""

    def __init__(self, plan: FollowPlan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.web.followers", json.dumps(asdict(plan))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            self._process.kill()
            raise RuntimeError("the live tails did not open; the error is above")

    def end(self) -> list[Followed]:
        """Close the tails and return what each of them received."""
        try:
            out, _ = self._process.communicate(timeout=30)
        finally:
            self._process.kill()
        return [Followed(**item) for item in json.loads(out)]


async def _follow(plan: FollowPlan, opened: asyncio.Event, count: Followed) -> None:
    parameters = urlencode({"project_id": plan.project, "q": plan.q})
    url = f"{plan.url}/api/v1/logs/tail?{parameters}"
    rest = b""
    async for chunk in stream(url, request_head("GET", url, key=plan.key, extra="Accept: text/event-stream\r\n")):
        opened.set()
        *frames, rest = (rest + chunk).split(b"\n\n")
        for frame in frames:
            head, _, data = frame.partition(b"\ndata: ")
            event = head.partition(b"\n")[0]
            if event == b"event: log":
                count.received += len(orjson.loads(data)["items"])
            elif event == b"event: dropped":
                count.skipped += orjson.loads(data)["count"]


async def _run(plan: FollowPlan) -> list[Followed]:
    counts = [Followed() for _ in range(plan.tails)]
    opened = [asyncio.Event() for _ in counts]
    tails = [asyncio.create_task(_follow(plan, event, count)) for event, count in zip(opened, counts, strict=True)]
    await asyncio.gather(*(event.wait() for event in opened))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for tail in tails:
        tail.cancel()
    return counts


if __name__ == "__main__":
    followed = asyncio.run(_run(FollowPlan(**json.loads(sys.argv[1]))))
    sys.stdout.write(json.dumps([asdict(item) for item in followed]) + "\n")

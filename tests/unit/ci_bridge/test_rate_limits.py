"""GitHub's limits: what holds requests, for how long, and whose."""

import time
from collections.abc import Callable

import pytest
from logloop_ci_bridge.github.gateway import GitHubBusy
from logloop_ci_bridge.github.rate_limits import RateLimits
from logloop_ci_bridge.github.responses import GitHubResponse

HOST = "https://api.github.example"


def response(status: int, message: str = "", **headers: str) -> GitHubResponse:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return GitHubResponse(status, found, f'{{"message": "{message}"}}'.encode())


def used_up(status: int, seconds: float = 600) -> GitHubResponse:
    """A response that says that the hourly limit is used up."""
    reset = str(int(time.time() + seconds))
    return response(status, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset=reset)


@pytest.mark.parametrize(
    ("seen", "waits_for", "least", "most"),
    [
        (lambda: response(429, "slow down", retry_after="120"), "secondary_limit", 100, 120),
        (lambda: response(403, "You have exceeded a secondary rate limit"), "secondary_limit", 50, 60),
        (lambda: used_up(403), "rate_limit", 500, 600),
        (lambda: used_up(200), "rate_limit", 500, 600),
        (lambda: response(429, retry_after="9" * 30), "secondary_limit", 80_000, 86_400),
        (lambda: used_up(403, 1e12), "rate_limit", 80_000, 86_400),
    ],
    ids=["burst", "burst without a time", "refused", "last one", "absurd", "absurd reset"],
)
def test_a_limit_holds_its_token_only_and_until_githubs_moment(
    seen: Callable[[], GitHubResponse], waits_for: str, least: float, most: float
) -> None:
    limits = RateLimits()
    limits.note(HOST, "token", seen())
    with pytest.raises(GitHubBusy) as held:
        limits.check(HOST, "token")
    assert held.value.waits_for == waits_for
    assert least <= (held.value.retry_after_s or 0) <= most
    limits.check(HOST, "other token")
    limits.check("https://other.example", "token")


@pytest.mark.parametrize("seen", [response(200), response(404), response(403, "not accessible"), used_up(200, -5)])
def test_other_responses_hold_nothing(seen: GitHubResponse) -> None:
    limits = RateLimits()
    limits.note(HOST, "token", seen)
    limits.check(HOST, "token")


def test_a_limit_ends() -> None:
    now = [1000.0]
    limits = RateLimits(clock=lambda: now[0])
    limits.note(HOST, "token", response(429, retry_after="30"))
    now[0] += 31
    limits.check(HOST, "token")

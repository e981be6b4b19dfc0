"""Messages that tell of nothing: the test of a receiver, and the sample of a preview."""

from datetime import datetime, timedelta

from logloop_chassis.ids import new_id

from logloop_ci_bridge.notifications.notification import Notification, NotifiedLine, NotifiedMatch

_MESSAGES = ("order 4711: payment timed out after 30 s", "order 4712: payment timed out after 31 s")


def test_notification(project_id: str, receiver_id: str, page: str, now: datetime) -> Notification:
    """Return the message of a test."""
    line = "This is a test message. Notifications of rules look like it."
    match = NotifiedMatch(
        rule_id="test", rule_name="Test of a receiver", kind="log", at=now, severity="info", line=line, link=page
    )
    return _notification(project_id, receiver_id, match, now)


def sample_notification(project_id: str, page: str, now: datetime) -> Notification:
    """Return a message about two lines of a service."""
    lines = [
        NotifiedLine(
            at=now - timedelta(seconds=len(_MESSAGES) - number),
            service_id="checkout",
            severity="error",
            message=message,
            link=f"{page}/sample-{number}",
        )
        for number, message in enumerate(_MESSAGES, 1)
    ]
    match = NotifiedMatch(
        rule_id="sample",
        rule_name="Payment time-outs",
        kind="log",
        at=now,
        service_id="checkout",
        severity="error",
        line=_MESSAGES[-1],
        lines=lines,
        count=7,
        link=page,
    )
    return _notification(project_id, "sample", match, now)


def _notification(project_id: str, receiver_id: str, match: NotifiedMatch, now: datetime) -> Notification:
    return Notification(
        id=new_id(), project_id=project_id, receiver_id=receiver_id, matches=[match], count=1, created_at=now
    )

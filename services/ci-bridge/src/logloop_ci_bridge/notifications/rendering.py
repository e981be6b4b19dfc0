"""Writes notifications as JSON for webhooks, for Slack and Teams, and as e-mail.

Lines of logs are text of strangers: in no form can they mention people, or become links or markup.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from logloop_ci_bridge.notifications.body_template import fill
from logloop_ci_bridge.notifications.notification import Notification, NotifiedLine, NotifiedMatch
from logloop_ci_bridge.notifications.receivers import Kind, Receiver

_SLACK_LINES, _TEAMS_LINES = 10, 20
_MAX_LINES = 100
_MAX_TITLE = 150


def values_of(notification: Notification, logs_page: str, *, test: bool = False) -> dict[str, Any]:
    """Return the values of a notification by the names that templates use."""
    matches = notification.matches
    first, last = min(match.at for match in matches), max(match.at for match in matches)
    lines = lines_of(notification)
    return {
        "id": notification.id,
        "title": _title(notification),
        "text": "\n".join(_plain_lines(notification, lines)),
        "count": notification.count,
        "first_at": _moment(first),
        "last_at": _moment(last),
        "project": notification.project_id,
        "rules": sorted({match.rule_name for match in matches}),
        "services": sorted({line["service"] for line in lines if line["service"]}),
        "lines": lines,
        "link": matches[0].link if len(matches) == 1 else logs_page,
        "test": test,
    }


def _title(notification: Notification) -> str:
    rules = list(dict.fromkeys(match.rule_name for match in notification.matches))
    named = rules[0] if len(rules) == 1 else f"{rules[0]} and {len(rules) - 1} more"
    times = "" if notification.count == 1 else f" ({notification.count} times)"
    return " ".join(f"[{notification.project_id}] {named}{times}".split())[:_MAX_TITLE]


def lines_of(notification: Notification) -> list[dict[str, Any]]:
    """Return the lines that a message shows, by match: the logs that were counted, or the analysis or run."""
    return [line for match in notification.matches for line in _lines(match)][:_MAX_LINES]


def _lines(match: NotifiedMatch) -> list[dict[str, Any]]:
    common = {"rule": match.rule_name, "kind": match.kind, "count": match.count}
    own = NotifiedLine(
        at=match.at, service_id=match.service_id, severity=match.severity, message=match.line, link=match.link
    )
    return [
        {
            **common,
            "at": _moment(line.at),
            "severity": line.severity,
            "service": line.service_id,
            "message": line.message,
            "link": line.link,
        }
        for line in match.lines or [own]
    ]


def _plain_lines(
    notification: Notification, lines: Sequence[Mapping[str, Any]], limit: int = _MAX_LINES
) -> list[str]:
    """Return the first lines as text, and how many there are besides."""
    shown = [
        " ".join([*filter(None, (line["at"], line["severity"], line["service"])), *line["message"].split()])
        for line in lines[:limit]
    ]
    matches = notification.matches
    total = sum(max(match.count, len(match.lines) or 1) for match in matches) + notification.count - len(matches)
    rest = total - len(shown)
    return [*shown, f"… and {rest} more"] if rest > 0 else shown


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body_of(
    kind: Kind, template: Mapping[str, Any] | None, notification: Notification, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the JSON body of a message over HTTP."""
    if kind == "slack":
        return _slack(notification, values)
    if kind == "teams":
        return _teams(notification, values)
    filled: dict[str, Any] = dict(values) if template is None else fill(template, values)
    return filled


def _slack(notification: Notification, values: Mapping[str, Any]) -> dict[str, Any]:
    lines = "\n".join(_plain_lines(notification, values["lines"], _SLACK_LINES))
    # A fence that a line contains would end the block.
    code = _slack_text(lines.replace("```", "'''"))[:2900]
    title = _slack_text(values["title"])
    return {
        "text": title,
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*{title.replace('*', ' ')}*\n```{code}```"}},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": f"<{_slack_text(values['link'])}|Open in Logloop>"}],
            },
        ],
    }


def _slack_text(text: str) -> str:
    """Return a text in which Slack sees no mention, link or entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(notification: Notification, values: Mapping[str, Any]) -> dict[str, Any]:
    lines = _plain_lines(notification, values["lines"], _TEAMS_LINES)
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        # Rich text blocks, other than text blocks, show Markdown as it is written.
        "body": [
            _teams_text(values["title"], weight="Bolder", size="Medium"),
            *(_teams_text(line, fontType="Monospace") for line in lines),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open in Logloop", "url": values["link"]}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def _teams_text(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def email_of(receiver: Receiver, values: Mapping[str, Any], sent_at: datetime) -> EmailMessage:
    """Return the e-mail. A retry has the same Message-ID."""
    assert receiver.sender is not None
    message = EmailMessage(policy=SMTP)
    message["From"] = receiver.sender
    message["To"] = ", ".join(receiver.recipients)
    message["Subject"] = values["title"]
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = f"<{values['id']}@{receiver.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail_text(values))
    return message


def mail_text(values: Mapping[str, Any]) -> str:
    """Return the text of an e-mail."""
    return f"{values['text']}\n\n{values['link']}\n"

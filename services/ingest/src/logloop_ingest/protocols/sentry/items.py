"""Makes entries of the logs and events that Sentry's clients send."""

from typing import Any

from logloop_ingest.limits import Limits
from logloop_ingest.protocols.translation.documents import DocumentEntry, FieldNames, entry_of_document
from logloop_ingest.protocols.translation.exceptions import MESSAGE, STACKTRACE, TYPE, message_with
from logloop_ingest.protocols.translation.json_objects import add_values
from logloop_ingest.protocols.translation.values import text_of

_LOG = FieldNames(
    message=("body",),
    timestamp=("timestamp",),
    severity=("level",),
    service=("service.name", "service"),
    test=("test_id", "test.case.name"),
    function=("code.function.name", "code.function"),
    source=("source", "log.file.path"),
)
_EVENT = FieldNames(
    message=("message",),
    timestamp=("timestamp",),
    severity=("level",),
    service=("service.name", "service", "service_name"),
    test=("test_id",),
    function=("func_id",),
    source=("source",),
)
_RELEASE = ("sentry.release", "release")
_SECTIONS = ("extra", "contexts", "tags")
_MAX_FRAMES = 250


def entry_of_log(log: dict[str, Any], *, limits: Limits, now_us: int, project: str) -> DocumentEntry:
    """Return the entry of an item of a batch of logs."""
    document = {name: value for name, value in log.items() if name != "attributes"}
    attributes = log.get("attributes")
    if isinstance(attributes, dict):
        add_values(document, {name: _value(value) for name, value in attributes.items()}, "attributes")
    elif attributes is not None:
        document["attributes"] = attributes
    return entry_of_document(document, limits=limits, now_us=now_us, names=_LOG, service=_service(document, project))


def entry_of_event(event: dict[str, Any], *, limits: Limits, now_us: int, project: str) -> DocumentEntry:
    """Return the entry of an error or a message. An error has its stack trace as an attribute."""
    document = {name: value for name, value in event.items() if name not in {"exception", "logentry", *_SECTIONS}}
    for name in _SECTIONS:
        section = event.get(name)
        if isinstance(section, list):
            section = dict(
                pair for pair in section if isinstance(pair, list) and len(pair) == 2 and _is_name(pair[0])
            )
        if isinstance(section, dict) and name != "contexts":
            add_values(document, section, name)
        elif section:
            document[name] = section
    trace = _dict(_dict(event.get("contexts")).get("trace"))
    add_values(document, {name: trace[name] for name in ("trace_id", "span_id") if name in trace}, "contexts.trace")
    message = _message(event)
    exceptions = _exceptions(event)
    if exceptions:
        stack = stacktrace(exceptions)
        document[STACKTRACE] = stack
        document |= {TYPE: text_of(exceptions[-1].get("type")), MESSAGE: text_of(exceptions[-1].get("value"))}
        message = message_with(message, stack)
        function = _function(exceptions[-1])
        if function is not None:
            document.setdefault("func_id", function)
    if message:
        document["message"] = message
    document.setdefault("level", "error" if exceptions else "info")
    return entry_of_document(
        document, limits=limits, now_us=now_us, names=_EVENT, service=_service(document, project)
    )


def stacktrace(exceptions: list[dict[str, Any]]) -> str:
    """Return the stack traces of a chain of exceptions, the innermost call and the outermost exception last."""
    blocks = []
    for item in exceptions:
        lines = ["Traceback (most recent call last):"]
        for frame in _frames(item)[-_MAX_FRAMES:]:
            file = frame.get("abs_path") or frame.get("filename") or frame.get("module") or "?"
            lines.append(f'  File "{file}", line {frame.get("lineno", "?")}, in {frame.get("function") or "?"}')
            if isinstance(frame.get("context_line"), str) and frame["context_line"].strip():
                lines.append(f"    {frame['context_line'].strip()}")
        named = ": ".join(text for name in ("type", "value") if (text := text_of(item.get(name))))
        blocks.append("\n".join([*(lines if len(lines) > 1 else []), named]))
    return "\n\n".join(blocks)


def _frames(exception: dict[str, Any]) -> list[dict[str, Any]]:
    frames = _dict(exception.get("stacktrace")).get("frames")
    return [frame for frame in frames if isinstance(frame, dict)] if isinstance(frames, list) else []


def _function(exception: dict[str, Any]) -> str | None:
    """Return `module:function` of the innermost call."""
    for frame in reversed(_frames(exception)):
        if frame.get("function"):
            return ":".join(text_of(frame[name]) for name in ("module", "function") if frame.get(name))
    return None


def _exceptions(event: dict[str, Any]) -> list[dict[str, Any]]:
    exception = event.get("exception")
    values = exception.get("values") if isinstance(exception, dict) else exception
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _message(event: dict[str, Any]) -> str:
    entry = event.get("logentry") or event.get("message")
    if isinstance(entry, dict):
        entry = entry.get("formatted") or entry.get("message")
    return text_of(entry)


def _service(document: dict[str, Any], project: str) -> str | None:
    """Return the service of what names none: the package of a release `shop@1.2`, or the project of the DSN."""
    for name in _RELEASE:
        release = document.get(name)
        if isinstance(release, str) and "@" in release.strip("@"):
            return release.partition("@")[0]
    return f"sentry-{project}" if project else None


def _value(attribute: Any) -> Any:
    """Return the value of an attribute, which is stated with its type."""
    return attribute["value"] if isinstance(attribute, dict) and "value" in attribute else attribute


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_name(value: Any) -> bool:
    return isinstance(value, str)

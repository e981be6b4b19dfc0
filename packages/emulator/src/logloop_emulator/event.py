"""Makes the event that starts a workflow, as GitHub would send it, and checks it against the workflow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from logloop_contracts.emulation import EmulationEvent, Finding

from logloop_emulator.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Event:
    """The event by its name and with its payload."""

    name: str
    payload: Mapping[str, Any]


def event_for(workflow: Workflow, sent: EmulationEvent, repository: str, ref: str) -> Event:
    """Return the event: repository_dispatch if the workflow listens to it, otherwise workflow_dispatch."""
    owner, _, name = repository.partition("/")
    about = {
        "repository": {
            "full_name": repository,
            "name": name,
            "owner": {"login": owner},
            "default_branch": ref,
            "html_url": f"https://github.com/{repository}",
        },
        "sender": {"login": "logloop"},
    }
    if "repository_dispatch" in workflow.events or "workflow_dispatch" not in workflow.events:
        payload = {"action": sent.event_type, "branch": ref, "client_payload": sent.client_payload, **about}
        return Event("repository_dispatch", payload)
    inputs = {**_defaults(workflow), **sent.inputs}
    return Event("workflow_dispatch", {"inputs": inputs, "ref": f"refs/heads/{ref}", **about})


def check_event(workflow: Workflow, event: Event) -> Iterator[Finding]:
    """Yield why GitHub would not start the workflow with this event. act starts it all the same."""
    if event.name not in workflow.events:
        listened = ", ".join(workflow.events) or "nothing"
        yield _error(
            "event-not-declared",
            f"the workflow listens to {listened}; Logloop sends repository_dispatch or workflow_dispatch",
        )
    elif event.name == "repository_dispatch":
        yield from _check_types(workflow.events[event.name], str(event.payload["action"]))
    else:
        yield from _check_inputs(_declared(workflow), event.payload["inputs"])


def _check_types(declared: Mapping[str, Any], event_type: str) -> Iterator[Finding]:
    unknown = sorted(set(map(str, declared)) - {"types"})
    if unknown:
        yield _error("unknown-filter", f"repository_dispatch has {', '.join(unknown)}; GitHub knows only `types`")
    types = declared.get("types")
    allowed = [types] if isinstance(types, str) else types
    if isinstance(allowed, list) and event_type not in map(str, allowed):
        yield _error("types-filter", f"event type {event_type!r} is not in `types: {', '.join(map(str, allowed))}`")


def _check_inputs(declared: Mapping[str, Any], inputs: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(set(inputs) - set(declared)):
        yield _error("unexpected-input", f"the workflow does not declare the input {name!r}; GitHub rejects it")
    for name, declaration in declared.items():
        value = inputs.get(name, "")
        if declaration.get("required") is True and value == "":
            yield _error("missing-input", f"the required input {name!r} has no value")
        elif value != "":
            yield from _check_value(name, declaration, value)


def _check_value(name: str, declaration: Mapping[str, Any], value: str) -> Iterator[Finding]:
    kind = declaration.get("type", "string")
    options = [str(option) for option in declaration.get("options") or ()]
    if kind == "boolean" and value not in ("true", "false"):
        yield _error("invalid-input", f"the input {name!r} is true or false, not {value[:100]!r}")
    if kind == "choice" and value not in options:
        yield _error("invalid-input", f"the input {name!r} is one of {', '.join(options)}, not {value[:100]!r}")
    if kind == "number" and not _is_number(value):
        yield _error("invalid-input", f"the input {name!r} is a number, not {value[:100]!r}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _declared(workflow: Workflow) -> dict[str, Mapping[str, Any]]:
    inputs = workflow.events.get("workflow_dispatch", {}).get("inputs")
    if not isinstance(inputs, dict):
        return {}
    return {str(name): value if isinstance(value, dict) else {} for name, value in inputs.items()}


def _defaults(workflow: Workflow) -> dict[str, str]:
    declared = _declared(workflow).items()
    return {name: _text(value["default"]) for name, value in declared if value.get("default") is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _error(code: str, message: str) -> Finding:
    return Finding(level="error", code=code, message=message)

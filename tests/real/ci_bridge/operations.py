"""Every operation of ci-bridge, with the right that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REPOSITORY = "octo-org/octo-repo"
"""Both projects have a pipeline to it; the webhook examples come from it."""
RUN = "4711"
"""Both projects track it."""


@dataclass(frozen=True)
class Operation:
    """How to call an operation on something in project `alpha`. `needs`: open, admin everywhere, or a right there."""

    needs: str
    url: str
    body: Any = None


PIPELINE: dict[str, Any] = {"name": "{new}", "service_id": "s", "repository": REPOSITORY}
TEMPLATE: dict[str, Any] = {"name": "{new}", "event_type": "a.b"}
RULE: dict[str, Any] = {
    "name": "{new}",
    "condition": "true",
    "enabled": False,
    "action": {"pipeline_id": "{pipeline}"},
}
MATCHER: dict[str, Any] = {
    "name": "{new}",
    "problemMatcher": [{"owner": "o", "pattern": [{"regexp": "(.+)", "message": 1}]}],
}
RECEIVER: dict[str, Any] = {"name": "{new}", "kind": "slack", "url": "http://127.0.0.1:1/"}
ALPHA = {"project_id": "alpha"}
FILES: dict[str, Any] = {
    "repository": REPOSITORY,
    "files": [
        {"path": "w.yml", "text": "on: workflow_dispatch\nenv: {LOGLOOP_WHEN: 'true'}"},
    ],
}
EMULATION = {
    "service_id": "s",
    "workflow": "on: push",
    "event": {"event_type": "x"},
    "result": {"conclusion": "success", "started_at": NOW.isoformat(), "completed_at": NOW.isoformat()},
}
SHA256 = "a" * 64
REQUESTED = "b" * 64
OPERATIONS: Mapping[str, Operation] = {
    "GET /templates": Operation("read", "/templates?project_id=alpha"),
    "POST /templates": Operation("write", "/templates", ALPHA | TEMPLATE),
    "GET /templates/{template_id}": Operation("read", "/templates/{template}"),
    "PUT /templates/{template_id}": Operation("write", "/templates/{template}", TEMPLATE),
    "DELETE /templates/{template_id}": Operation("write", "/templates/{template}"),
    "POST /templates/{template_id}/preview": Operation("read", "/templates/{template}/preview", {}),
    "GET /templates/{template_id}/versions": Operation("read", "/templates/{template}/versions"),
    "GET /templates/{template_id}/diff": Operation("read", "/templates/{template}/diff?before=1&after=1"),
    "GET /pipelines": Operation("read", "/pipelines?project_id=alpha"),
    "POST /pipelines": Operation("write", "/pipelines", ALPHA | PIPELINE),
    "GET /pipelines/{pipeline_id}": Operation("read", "/pipelines/{pipeline}"),
    "PUT /pipelines/{pipeline_id}": Operation("write", "/pipelines/{pipeline}", PIPELINE),
    "DELETE /pipelines/{pipeline_id}": Operation("write", "/pipelines/{pipeline}"),
    "GET /definitions": Operation("read", "/definitions?project_id=alpha"),
    "GET /rules": Operation("read", "/rules?project_id=alpha"),
    "POST /rules": Operation("write", "/rules", ALPHA | RULE),
    "POST /rules/check": Operation("read", "/rules/check", ALPHA | RULE),
    "GET /rules/{rule_id}": Operation("read", "/rules/{rule}"),
    "PUT /rules/{rule_id}": Operation("write", "/rules/{rule}", RULE),
    "DELETE /rules/{rule_id}": Operation("write", "/rules/{rule}"),
    "GET /rules/{rule_id}/evaluations": Operation("read", "/rules/{rule}/evaluations"),
    "GET /rules/{rule_id}/history": Operation("read", "/rules/{rule}/history"),
    "POST /rules/back-test": Operation("read", "/rules/back-test", ALPHA | {"rule": RULE}),
    "POST /rules/{rule_id}/back-test": Operation("read", "/rules/{rule}/back-test", {}),
    "GET /workflows": Operation("read", "/workflows?project_id=alpha"),
    "PUT /workflows": Operation("write", "/workflows", ALPHA | FILES),
    "POST /workflows/check": Operation("read", "/workflows/check", ALPHA | FILES),
    "POST /workflows/when": Operation("read", "/workflows/when", ALPHA | {"file": FILES["files"][0]}),
    "POST /workflows/read": Operation("write", "/workflows/read", ALPHA | {"repository": REPOSITORY}),
    "GET /workflows/{file_id}": Operation("read", "/workflows/{file}"),
    "GET /pause": Operation("read", "/pause?project_id=alpha"),
    "PUT /pause": Operation("write", "/pause", ALPHA),
    "DELETE /pause": Operation("write", "/pause?project_id=alpha"),
    "GET /dispatches": Operation("read", "/dispatches?project_id=alpha"),
    "POST /dispatches": Operation("write", "/dispatches", ALPHA | {"pipeline_id": "{pipeline}"}),
    "GET /dispatches/{dispatch_id}": Operation("read", "/dispatches/{dispatch}"),
    "POST /dispatches/{dispatch_id}/cancel": Operation("write", "/dispatches/{dispatch}/cancel"),
    "GET /runs": Operation("read", "/runs?project_id=alpha"),
    "GET /runs/{run_id}": Operation("read", "/runs/{run}?project_id=alpha"),
    "GET /runs/{run_id}/logs": Operation("read", "/runs/{run}/logs?project_id=alpha"),
    "GET /runs/{run_id}/output": Operation("read", "/runs/{run}/output?project_id=alpha"),
    "GET /runs/{run_id}/differences": Operation("read", f"/runs/{{run}}/differences?project_id=alpha&emulated={RUN}"),
    "POST /runs/{run_id}/evaluate": Operation(
        "read", "/runs/{run}/evaluate?project_id=alpha", {"file": FILES["files"][0]}
    ),
    "POST /runs/{run_id}/cancel": Operation("write", "/runs/{run}/cancel?project_id=alpha"),
    "GET /receivers": Operation("read", "/receivers?project_id=alpha"),
    "POST /receivers": Operation("write", "/receivers", ALPHA | RECEIVER),
    "GET /receivers/{receiver_id}": Operation("read", "/receivers/{receiver}"),
    "PUT /receivers/{receiver_id}": Operation("write", "/receivers/{receiver}", RECEIVER),
    "DELETE /receivers/{receiver_id}": Operation("write", "/receivers/{receiver}"),
    "POST /receivers/{receiver_id}/test": Operation("write", "/receivers/{receiver}/test"),
    "POST /receivers/preview": Operation("read", "/receivers/preview", ALPHA | {"kind": "slack"}),
    "GET /notifications": Operation("read", "/notifications?project_id=alpha"),
    "GET /notifications/{notification_id}": Operation("read", "/notifications/{notification}"),
    "POST /notifications/{notification_id}/retry": Operation("write", "/notifications/{notification}/retry"),
    "GET /requests": Operation("read", "/requests?project_id=alpha"),
    "GET /matchers": Operation("read", "/matchers?project_id=alpha"),
    "POST /matchers": Operation("write", "/matchers", ALPHA | MATCHER),
    "POST /matchers/try": Operation("read", "/matchers/try", ALPHA | {"run_id": RUN, "matcher": MATCHER}),
    "GET /matchers/{matcher_id}": Operation("read", "/matchers/{matcher}"),
    "PUT /matchers/{matcher_id}": Operation("write", "/matchers/{matcher}", MATCHER),
    "DELETE /matchers/{matcher_id}": Operation("write", "/matchers/{matcher}"),
    "GET /chains": Operation("read", "/chains?project_id=alpha"),
    "GET /chains/{chain_id}": Operation("read", "/chains/{dispatch}"),
    "GET /summary": Operation("read", "/summary?project_id=alpha"),
    "GET /dead-letters": Operation("admin everywhere", "/dead-letters"),
    "POST /dead-letters/{queue}/{letter_id}/retry": Operation(
        "admin everywhere", "/dead-letters/ci-bridge.logs/nothing/retry"
    ),
    "DELETE /dead-letters/{queue}/{letter_id}": Operation("admin everywhere", "/dead-letters/ci-bridge.logs/nothing"),
    "POST /github/apps": Operation("admin", "/github/apps", ALPHA | {"name": "Logloop"}),
    # These two need the state that only who began the set-up has.
    "GET /github/apps/{state}": Operation("own state", "/github/apps/forged"),
    "POST /github/apps/complete": Operation("own state", "/github/apps/complete", {"code": "c", "state": "forged"}),
    "GET /github/installations": Operation("admin", "/github/installations?project_id=alpha"),
    "GET /github/repositories": Operation("admin", "/github/repositories?project_id=alpha"),
    "POST /emulations": Operation("write", "/emulations", ALPHA | EMULATION),
    "GET /emulations/approvals": Operation("read", "/emulations/approvals?project_id=alpha"),
    "PUT /emulations/approvals/{sha256}": Operation("admin", f"/emulations/approvals/{SHA256}", ALPHA),
    "DELETE /emulations/approvals/{sha256}": Operation("admin", f"/emulations/approvals/{SHA256}?project_id=alpha"),
    "GET /emulations/requests": Operation("read", "/emulations/requests?project_id=alpha"),
    "GET /emulations/requests/{sha256}": Operation("read", f"/emulations/requests/{REQUESTED}?project_id=alpha"),
    "DELETE /emulations/requests/{sha256}": Operation("admin", f"/emulations/requests/{REQUESTED}?project_id=alpha"),
    "GET /emulations/{run_id}": Operation("read", "/emulations/{emulated}?project_id=alpha"),
    "POST /webhooks/github": Operation("open", "/webhooks/github"),
}

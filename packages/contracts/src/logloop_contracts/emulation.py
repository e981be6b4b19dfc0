"""Emulated runs: what the emulator gets to run, and what it reports. Both travel over HTTP, inside a deployment."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from logloop_contracts.ci import RunConclusion

MAX_WORKFLOW = 128 * 1024
MAX_OUTPUT = 8 * 1024 * 1024
"""Characters of output of one emulated run."""


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Finding(_Payload):
    """Something that makes an emulated run differ from one on GitHub. An error means that it cannot be green."""

    level: Literal["error", "warning"]
    code: str = Field(examples=["unmapped-runner"])
    message: str
    job: str | None = None


class EmulatedStep(_Payload):
    """A step of an emulated job."""

    number: int
    name: str
    conclusion: str | None = None
    exit_code: int | None = None
    started_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None


class EmulatedAnnotation(_Payload):
    """A message of a job about a place in a file."""

    level: Literal["notice", "warning", "failure"]
    message: str
    path: str | None = None
    line: int | None = None
    title: str | None = None


class EmulatedJob(_Payload):
    """A job of an emulated run. `log` has the format of GitHub's job logs."""

    id: str = Field(description="Its key in the workflow. The jobs of a matrix share it.")
    name: str
    conclusion: RunConclusion | None = Field(None, description="Null while it runs.")
    started_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    steps: list[EmulatedStep] = Field(default_factory=list, max_length=1000)
    annotations: list[EmulatedAnnotation] = Field(default_factory=list, max_length=1000)
    outputs: dict[str, str] = Field(default_factory=dict, max_length=200)
    log: str = Field("", max_length=MAX_OUTPUT)


class EmulationProgress(_Payload):
    """What is known of an emulated run so far. A step without a conclusion runs if it has a start, else it waits."""

    jobs: list[EmulatedJob] = Field(default_factory=list, max_length=256)
    findings: list[Finding] = Field(default_factory=list, max_length=500)


class EmulatedRun(EmulationProgress):
    """The result of an emulation."""

    conclusion: RunConclusion
    started_at: AwareDatetime
    completed_at: AwareDatetime


class EmulationEvent(_Payload):
    """The event that starts a workflow: of the two that Logloop sends, the one that the workflow listens to."""

    event_type: str
    client_payload: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, str] = Field(default_factory=dict)


class EmulationTask(_Payload):
    """A workflow to run. `lease_s`: seconds within which the emulator must report again."""

    id: str
    file: str = Field(examples=["probe.yml"])
    workflow: str = Field(max_length=MAX_WORKFLOW, description="The text of the workflow file.")
    repository: str
    ref: str = "main"
    event: EmulationEvent
    network: bool = False
    lease_s: float = 30.0

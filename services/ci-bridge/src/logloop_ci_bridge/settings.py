"""Settings that only ci-bridge reads from the environment.

GitHub credentials are not among them: they belong to projects and are read from query.
"""

from logloop_chassis.settings import ServiceSettings
from pydantic import Field, SecretStr


class CiBridgeSettings(ServiceSettings):
    """Settings of the ci-bridge service."""

    port: int = Field(8104, ge=0, le=65535)
    github_api_url: str = Field(
        "https://api.github.com", description="GitHub's REST API, for projects that do not set another one."
    )
    github_log_hosts: str = Field(
        "*.githubusercontent.com,*.blob.core.windows.net",
        description="Hosts that the API may redirect log downloads to, comma-separated.",
    )
    github_timeout: float = Field(10.0, gt=0, description="Seconds to wait for a response from GitHub.")
    ci_prefetch: int = Field(8, ge=1, description="Log batches in progress at the same time.")
    ci_lease: float = Field(
        45.0, gt=0, description="Seconds after which another process may take over a dispatch or a run."
    )
    ci_settle: float = Field(
        60.0, gt=0, description="Seconds to look for a run before a dispatch with an unknown outcome is sent again."
    )
    ci_send_interval: float = Field(
        1.0, ge=0, description="Seconds between two dispatches; GitHub asks for at least one."
    )
    ci_repository_budget: int = Field(100, ge=1, description="Dispatches per hour to one repository, from all rules.")
    ci_start_limit: int = Field(
        500, ge=1, description="Dispatches to one repository within ten seconds; GitHub loses runs beyond 500."
    )
    ci_poll: float = Field(15.0, gt=0, description="Seconds between two polls of an unfinished run.")
    ci_workflow_poll: float = Field(
        300.0,
        gt=0,
        description="Seconds between two looks at the workflow files of a repository; pushes come sooner.",
    )
    ci_lost_after: float = Field(
        600.0, gt=0, description="Seconds after which a dispatch without a run counts as lost."
    )
    ci_job_log_bytes: int = Field(64 * 2**20, ge=1024, description="Maximum bytes to read of one job's log.")
    emulator_token: SecretStr | None = Field(
        None, description="The token with which emulators fetch their work. Without it, emulation is off."
    )
    ci_emulation_lease: float = Field(
        30.0, gt=0, description="Seconds without a report after which an emulated run counts as lost."
    )
    ci_rules_fresh: float = Field(2.0, ge=0, description="Seconds until other processes see a changed rule.")

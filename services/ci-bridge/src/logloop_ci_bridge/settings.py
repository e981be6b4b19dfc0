"""What ci-bridge alone reads from the environment.

It must not hold credentials of GitHub: those belong to projects and come from query, sealed at rest.
"""

from logloop_chassis.settings import ServiceSettings
from pydantic import Field


class CiBridgeSettings(ServiceSettings):
    """Settings of the ci-bridge service."""

    port: int = Field(8104, ge=0, le=65535)
    github_api_url: str = Field("https://api.github.com", description="REST API; GitHub Enterprise has its own.")
    github_log_hosts: str = Field(
        "*.githubusercontent.com,*.blob.core.windows.net",
        description="Hosts that the API may redirect log downloads to, separated by commas.",
    )
    github_timeout: float = Field(10.0, gt=0, description="Seconds to wait for an answer of GitHub.")
    ci_prefetch: int = Field(8, ge=1, description="Log batches in work at once.")
    ci_lease: float = Field(
        45.0, gt=0, description="Seconds after which another process may take over a dispatch or a run."
    )
    ci_settle: float = Field(
        60.0, gt=0, description="Seconds GitHub gets to show a run before a doubtful dispatch is sent again."
    )
    ci_send_interval: float = Field(
        1.0, ge=0, description="Seconds between two dispatches; GitHub asks for at least one."
    )
    ci_repository_budget: int = Field(100, ge=1, description="Dispatches an hour to one repository, from all rules.")
    ci_poll: float = Field(15.0, gt=0, description="Seconds between two looks at a run that is not over.")
    ci_lost_after: float = Field(
        600.0, gt=0, description="Seconds after which a dispatch without a run counts as lost."
    )
    ci_job_log_bytes: int = Field(64 * 2**20, ge=1024, description="Bytes of one job's log that are read.")
    ci_rules_fresh: float = Field(2.0, ge=0, description="Seconds until a changed rule is seen by other processes.")

"""What query alone reads from the environment."""

from logloop_chassis.settings import ServiceSettings
from pydantic import Field


class QuerySettings(ServiceSettings):
    """Settings of the query service."""

    port: int = Field(8102, ge=0, le=65535)
    prefetch: int = Field(256, ge=1, le=2000, description="Log messages in work at once; half of them make a write.")
    persist_linger: float = Field(0.2, gt=0, le=5, description="Seconds to gather logs before a write.")
    persist_logs: int = Field(50_000, ge=1, description="Logs that are written without waiting longer.")
    search_max_bytes: int = Field(2 * 2**30, ge=2**20, description="Compressed bytes one search may read.")
    search_max_seconds: float = Field(20.0, gt=0, description="Seconds one search may take.")
    search_concurrency: int = Field(8, ge=1, description="Searches that run at once; more wait.")
    search_threads: int = Field(2, ge=1, description="Threads that evaluate searches.")
    tail_clients: int = Field(200, ge=1, description="Live tails at once.")
    compaction_interval: float = Field(10.0, gt=0, description="Seconds between looks for small segments.")

"""Settings that only query reads from the environment."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from logloop_query.identity.sign_on.environment import OidcSettings


class QuerySettings(OidcSettings):
    """Settings of the query service."""

    port: int = Field(8102, ge=0, le=65535)
    ingest_url: str = Field("http://127.0.0.1:8101", description="URL of ingest, for its OpenAPI document.")
    analyzer_url: str = Field("http://127.0.0.1:8103", description="URL of the analyzer, which tests LLM settings.")
    ci_bridge_url: str = Field("http://127.0.0.1:8104", description="URL of ci-bridge, which tests GitHub settings.")
    prefetch: int = Field(
        256, ge=1, le=2000, description="Log messages handled at once; a write starts at half of them."
    )
    persist_linger: float = Field(0.2, gt=0, le=5, description="Seconds to collect logs before a write.")
    persist_logs: int = Field(50_000, ge=1, description="Logs that start a write at once.")
    search_max_bytes: int = Field(2 * 2**30, ge=2**20, description="Compressed bytes that a search may read.")
    search_max_seconds: float = Field(
        7.0, gt=0, description="Seconds that a search may take; the gateway waits 10 s for a response."
    )
    search_concurrency: int = Field(8, ge=1, description="Searches that run at once; others wait.")
    search_threads: int = Field(2, ge=1, description="Threads that evaluate searches.")
    tail_clients: int = Field(200, ge=1, description="Maximum number of open live tails.")
    compaction_interval: float = Field(10.0, gt=0, description="Seconds between compaction rounds.")


class FirstStartSettings(BaseSettings):
    """What the first start creates."""

    model_config = SettingsConfigDict(env_prefix="LOGLOOP_", hide_input_in_errors=True, extra="ignore")

    admin_email: str = Field("admin@logloop.local", description="E-mail address of the first administrator.")
    admin_password: SecretStr | None = Field(None, description="If unset, one is derived from the secret key.")
    first_project: str | None = Field(None, description="Project to create.")
    first_api_key: SecretStr | None = Field(None, description="API key of that project, llk_<id>_<secret>.")

"""Settings of the analyzer, read from the environment."""

from logloop_chassis.settings import ServiceSettings
from logloop_chassis.text.redaction import RedactionLevel
from pydantic import Field


class AnalyzerSettings(ServiceSettings):
    """Settings of the analyzer. Times are in seconds."""

    port: int = Field(8103, ge=0, le=65535)
    analysis_concurrency: int = Field(2, ge=1, le=32, description="Analyses that run at once in this process.")
    analysis_deadline: float = Field(240, gt=1, le=1500, description="Maximum duration of one analysis.")
    analysis_max_logs: int = Field(200_000, ge=100, description="Maximum logs read per window, earliest first.")
    analysis_max_bytes: int = Field(128 * 2**20, ge=2**20, description="Maximum decoded bytes read per window.")
    analysis_evidence_tokens: int = Field(12_000, ge=1_000, description="Maximum tokens of evidence in a prompt.")
    analysis_redaction: RedactionLevel = Field(
        "standard",
        description="What is redacted before a model sees log text. standard: secrets and personal data; "
        "strict: also IP addresses, home folders and phone numbers; off: nothing.",
    )

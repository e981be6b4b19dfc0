"""What the analyzer alone reads from the environment."""

from logloop_chassis.settings import ServiceSettings
from pydantic import Field


class AnalyzerSettings(ServiceSettings):
    """Settings of the analyzer. Times in seconds."""

    port: int = Field(8103, ge=0, le=65535)
    analysis_concurrency: int = Field(2, ge=1, le=32, description="Analyses at work at once in this process.")
    analysis_deadline: float = Field(240, gt=1, le=1500, description="Longest time of one analysis.")
    analysis_max_logs: int = Field(200_000, ge=100, description="Logs read of a window; the earliest are taken.")
    analysis_max_bytes: int = Field(128 * 2**20, ge=2**20, description="Bytes of decoded columns read of a window.")
    analysis_evidence_tokens: int = Field(12_000, ge=1_000, description="Tokens of evidence in a prompt.")
    analysis_redaction: str = Field(
        "standard",
        pattern="^(standard|strict|off)$",
        description="Taken out of log text before a model sees it: secrets; strict: IP addresses too.",
    )

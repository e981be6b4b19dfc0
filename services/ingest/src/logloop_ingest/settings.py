"""The settings of ingest, read from the environment (prefix LOGLOOP_)."""

from pathlib import Path
from typing import Literal, Self

from logloop_chassis.settings import ServiceSettings
from logloop_contracts.log_entry import MAX_ENTRY_BYTES, MAX_MESSAGE_BYTES
from pydantic import Field, SecretStr, field_validator, model_validator

from logloop_ingest.http.cross_origin import parse_origins
from logloop_ingest.limits import Limits
from logloop_ingest.listeners.addresses import TLS_TRANSPORTS, ListenAddress, parse_addresses
from logloop_ingest.listeners.listen_secrets import ListenSecrets, tls_context

_MIB = 2**20


class IngestSettings(ServiceSettings):
    """Settings of ingest alone, such as LOGLOOP_INGEST_MAX_ENTRIES."""

    port: int = Field(8101, ge=0, le=65535)
    ingest_max_request_bytes: int = Field(32 * _MIB, ge=1024, description="Bytes of a request after decompression.")
    ingest_max_entries: int = Field(10_000, ge=1, description="Entries in one request.")
    ingest_max_entry_bytes: int = Field(MAX_ENTRY_BYTES, ge=1024, le=4 * _MIB)
    ingest_max_message_bytes: int = Field(MAX_MESSAGE_BYTES, ge=1, le=4 * _MIB)
    ingest_max_future_s: int = Field(24 * 3600, ge=0, description="Seconds that a timestamp may be in the future.")
    ingest_max_in_flight_bytes: int = Field(
        64 * _MIB, ge=1024, description="Bytes of the bodies in progress at once; above it callers get 429."
    )
    ingest_body_timeout_s: float = Field(30.0, gt=0, description="Seconds that a client has to send its body.")
    ingest_linger_ms: float = Field(5.0, ge=0, description="Milliseconds that a small batch waits for more entries.")
    ingest_prefetch: int = Field(50, ge=1, le=2000, description="Intake messages in progress at once.")
    listen: str = Field(
        "",
        description="Listeners for syslog, GELF, forward and OTLP/gRPC, such as syslog+udp://127.0.0.1:5514?project=shop.",
    )
    listen_tls_cert: Path | None = Field(None, description="Certificate chain (PEM) of listeners with TLS.")
    listen_tls_key: Path | None = Field(None, description="Private key (PEM), unless it is in the same file.")
    listen_tls_client_ca: Path | None = Field(None, description="Senders with TLS need a certificate of this CA.")
    listen_forward_shared_key: SecretStr | None = Field(
        None, description="Shared key that senders with the forward protocol must know."
    )
    cors_origins: str = Field(
        "", description="Origins whose web pages may send logs, such as https://shop.example.org; * for all."
    )
    redact: Literal["off", "standard"] = Field(
        "off", description="standard: replace credentials in messages and attributes before they are published."
    )

    @field_validator("listen")
    @classmethod
    def _check_addresses(cls, value: str) -> str:
        parse_addresses(value)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: str) -> str:
        parse_origins(value)
        return value

    @model_validator(mode="after")
    def _check_certificates(self) -> Self:
        if any(address.transport in TLS_TRANSPORTS for address in self.listen_addresses()):
            tls_context(self.listen_secrets())
        return self

    def listen_addresses(self) -> list[ListenAddress]:
        """Return the addresses of the listeners."""
        return parse_addresses(self.listen)

    def listen_secrets(self) -> ListenSecrets:
        """Return what listeners need to recognise senders and to be recognised."""
        key = self.listen_forward_shared_key
        return ListenSecrets(
            self.listen_tls_cert,
            self.listen_tls_key,
            self.listen_tls_client_ca,
            (key.get_secret_value() or None) if key else None,
        )

    def limits(self) -> Limits:
        """Return the limits of this deployment."""
        return Limits(
            request_bytes=self.ingest_max_request_bytes,
            entries=self.ingest_max_entries,
            entry_bytes=self.ingest_max_entry_bytes,
            message_bytes=self.ingest_max_message_bytes,
            future_s=self.ingest_max_future_s,
        )

"""Settings that every service reads from the environment (prefix LOGLOOP_); each service extends them."""

import ipaddress
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIN_SECRET_LENGTH = 32


class ServiceSettings(BaseSettings):
    """Settings that all services share. Raises pydantic's ValidationError that names what is missing or unsafe."""

    model_config = SettingsConfigDict(env_prefix="LOGLOOP_", hide_input_in_errors=True, extra="ignore")

    amqp_url: SecretStr = Field(
        SecretStr("amqp://guest:guest@127.0.0.1:5672/"), description="RabbitMQ URL; the path is the vhost."
    )
    amqp_url_file: Path | None = Field(None, description="File that contains the RabbitMQ URL, instead of the URL.")
    mongo_url: SecretStr = Field(
        SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0"), description="URL of the MongoDB replica set."
    )
    mongo_database: str = Field("logloop", description="Database of all collections.")
    secret_key: SecretStr = Field(description="At least 32 characters; signs tokens and seals stored credentials.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8100, ge=0, le=65535)
    query_url: str = Field("http://127.0.0.1:8102", description="URL at which the other services reach query.")
    public_url: str = Field(
        "http://127.0.0.1:8080", description="URL at which users reach the gateway; used in links."
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    gateway_bind: str = Field("127.0.0.1", description="Address to which the gateway in front is bound.")
    no_auth: bool = Field(False, description="Every caller is an administrator; allowed only on loopback.")
    egress_allow: str = Field(
        "", description="Private hosts, addresses or networks, comma-separated, that user-supplied URLs may reach."
    )
    forwarded_allow_ips: str = Field("127.0.0.1", description="Proxies whose X-Forwarded-* headers are trusted.")
    graceful_timeout: float = Field(
        20.0, gt=0, description="Seconds that a stopping service gives to work in progress."
    )

    @model_validator(mode="after")
    def _read_amqp_url(self) -> Self:
        if self.amqp_url_file is not None:
            try:
                self.amqp_url = SecretStr(self.amqp_url_file.read_text().strip())
            except OSError as error:
                raise ValueError(f"LOGLOOP_AMQP_URL_FILE cannot be read: {error}") from error
        return self

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        if len(self.secret_key.get_secret_value()) < MIN_SECRET_LENGTH:
            raise ValueError(f"LOGLOOP_SECRET_KEY needs at least {MIN_SECRET_LENGTH} characters")
        if self.no_auth and not (is_loopback(self.host) and is_loopback(self.gateway_bind)):
            raise ValueError("LOGLOOP_NO_AUTH is allowed only with LOGLOOP_HOST and LOGLOOP_GATEWAY_BIND on loopback")
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the platform: service, gateway and public URL are on loopback.

        Its users may then point providers to loopback, which other users could not reach by themselves.
        """
        public_host = urlsplit(self.public_url).hostname or ""
        return all(map(is_loopback, (self.host, self.gateway_bind, public_host)))


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

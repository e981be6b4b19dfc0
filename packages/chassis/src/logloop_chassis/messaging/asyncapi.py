"""Builds the AsyncAPI 3.0 document of a service from the channel map."""

from typing import Any

from logloop_contracts.channels import CHANNELS, QUEUES, Channel
from logloop_contracts.envelope import Event
from logloop_contracts.log_entry import LogEntry


def asyncapi_document(service: str, version: str) -> dict[str, Any]:
    """Return what a service sends and receives over RabbitMQ. Payload schemas are JSON Schema 2020-12."""
    queues = [queue for queue in QUEUES if queue.consumer == service]
    received = {channel: queue.name for queue in queues for channel in queue.channels}
    sent = [channel for channel in CHANNELS if service in channel.producers]
    used = dict.fromkeys([*received, *sent])
    operations: dict[str, Any] = {}
    for channel, queue in received.items():
        operations[f"receive-{_name(channel)}"] = _operation("receive", channel, f"Consumed from queue {queue}.")
    for channel in sent:
        operations[f"send-{_name(channel)}"] = _operation("send", channel, "Published with confirm.")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"logloop-{service}", "version": version, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": {_name(channel): _channel(channel) for channel in used},
        "operations": operations,
    }


def _name(channel: Channel) -> str:
    return channel.event_type.removesuffix(".*")


def _operation(action: str, channel: Channel, description: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{_name(channel)}"},
        "summary": channel.description,
        "description": description,
    }


def _channel(channel: Channel) -> dict[str, Any]:
    address = channel.key.replace("*", "{project}")
    parameters = {"project": {"description": "Project id."}} if "{project}" in address else None
    body: dict[str, Any] = {
        "address": address,
        "description": f"Topic exchange {channel.exchange.name}. {channel.description}",
        "messages": {"message": {"contentType": channel.content_type, "payload": payload_schema(channel)}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": channel.exchange.name, "type": "topic"}}},
    }
    return {**body, "parameters": parameters} if parameters else body


def payload_schema(channel: Channel) -> dict[str, Any]:
    """Return the JSON Schema of a channel's payload; for Arrow batches, that of one row."""
    if channel.payload is LogEntry:
        return LogEntry.model_json_schema()
    return Event[channel.payload].model_json_schema()  # type: ignore[name-defined]  # class at run time

"""Reads the fields of many protobuf messages as lists, in C instead of message by message.

Protobuf merges a message that is sent several times if its field is declared as single. So a type that declares
repeated messages as a single one, and their fields as repeated, has a list of each field.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any


def canonical(message: Any) -> bytes:
    """Return a message as it is written again: each field once at most, and none that its type does not declare.

    `column` needs this of what is merged. The message loses its undeclared fields.
    """
    message.DiscardUnknownFields()
    encoded: bytes = message.SerializeToString()
    return encoded


def column(merged: Any, messages: Sequence[Any], name: str, empty: Any) -> list[Any]:
    """Return the values of a field of messages. `merged` is its merged list, `empty` its default value.

    The list is as long as there are messages if all have the field, and empty if none has it. Otherwise it does not
    say which messages have it, and the field is read from one after the other.
    """
    if len(merged) == len(messages):
        return list(merged)
    if not merged:
        return [empty] * len(messages)
    read = attrgetter(name)
    return [read(message) for message in messages]

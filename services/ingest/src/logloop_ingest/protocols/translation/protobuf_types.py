"""Declares protobuf messages in code, for those of which no package has the generated classes."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
STRING, BYTES, BOOL = _FIELD.TYPE_STRING, _FIELD.TYPE_BYTES, _FIELD.TYPE_BOOL
INT32, UINT32, INT64 = _FIELD.TYPE_INT32, _FIELD.TYPE_UINT32, _FIELD.TYPE_INT64
FIXED64, DOUBLE = _FIELD.TYPE_FIXED64, _FIELD.TYPE_DOUBLE


class Field(NamedTuple):
    """A field. `type` is the name of a message type with a leading dot, or a scalar type; a string by default.

    Of the fields of a message that are `one_of`, the last that is sent counts.
    """

    name: str
    number: int
    type: str | int = STRING
    repeated: bool = False
    one_of: bool = False


def add_message(file: descriptor_pb2.FileDescriptorProto, name: str, *fields: Field) -> None:
    """Add a message type to a file."""
    message = file.message_type.add(name=name)
    if any(field.one_of for field in fields):
        message.oneof_decl.add(name="one_of")
    for field in fields:
        added = message.field.add(name=field.name, number=field.number)
        added.label = _FIELD.LABEL_REPEATED if field.repeated else _FIELD.LABEL_OPTIONAL
        if field.one_of:
            added.oneof_index = 0
        if isinstance(field.type, str):
            added.type, added.type_name = _FIELD.TYPE_MESSAGE, field.type
        else:
            added.type = field.type  # type: ignore[assignment]  # the stubs have an own type for each enum


def message_class(file: descriptor_pb2.FileDescriptorProto, name: str, *dependencies: Any) -> Any:
    """Return the class of a message type. `dependencies` are the descriptors of the files that its file imports."""
    return message_classes(file, name, dependencies=dependencies)[0]


def message_classes(
    file: descriptor_pb2.FileDescriptorProto, *names: str, dependencies: Iterable[Any] = ()
) -> list[Any]:
    """Return the classes of message types of one file."""
    pool = descriptor_pool.DescriptorPool()
    for dependency in dependencies:
        pool.AddSerializedFile(dependency.serialized_pb)
    pool.Add(file)
    return [message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names]

"""Declares protobuf messages in code, for those of which no package has the generated classes."""

from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
INT32, FIXED64, BYTES = _FIELD.TYPE_INT32, _FIELD.TYPE_FIXED64, _FIELD.TYPE_BYTES


class Field(NamedTuple):
    """A field. `type` is the name of a message type with a leading dot, or a scalar type; a string by default."""

    name: str
    number: int
    type: str | int = _FIELD.TYPE_STRING
    repeated: bool = False


def add_message(file: descriptor_pb2.FileDescriptorProto, name: str, *fields: Field) -> None:
    """Add a message type to a file."""
    message = file.message_type.add(name=name)
    for field in fields:
        added = message.field.add(name=field.name, number=field.number)
        added.label = _FIELD.LABEL_REPEATED if field.repeated else _FIELD.LABEL_OPTIONAL
        if isinstance(field.type, str):
            added.type, added.type_name = _FIELD.TYPE_MESSAGE, field.type
        else:
            added.type = field.type  # type: ignore[assignment]  # the stubs have an own type for each enum


def message_class(file: descriptor_pb2.FileDescriptorProto, name: str, *dependencies: Any) -> Any:
    """Return the class of a message type. `dependencies` are the descriptors of the files that its file imports."""
    pool = descriptor_pool.DescriptorPool()
    for dependency in dependencies:
        pool.AddSerializedFile(dependency.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))

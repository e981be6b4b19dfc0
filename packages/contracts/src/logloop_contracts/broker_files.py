"""Writes the accounts of the broker as files: `python -m logloop_contracts.broker_files FOLDER HOST:PORT`.

RabbitMQ and each service get a folder of their own with what only they may read: `rabbitmq/definitions.json`, which
contains no passwords but their digests, and `<service>/amqp-url`. Passwords that exist are kept. The password of the
programs that send logs is read from LOGLOOP_BROKER_PASSWORD.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from logloop_contracts.broker_accounts import SENDER, SERVICES, definitions, new_password

_READABLE = 0o444  # by the user of the container to which the folder belongs


def write_broker_files(folder: Path, address: str, sender_password: str) -> None:
    """Write the files of the broker at HOST:PORT and of each service."""
    passwords = {SENDER: sender_password}
    for service in SERVICES:
        file = folder / service / "amqp-url"
        kept = urlsplit(file.read_text()).password if file.exists() else None
        passwords[service] = kept or new_password()
        _write(file, f"amqp://{service}:{passwords[service]}@{address}/")
    _write(folder / "rabbitmq" / "definitions.json", json.dumps(definitions(passwords), indent=2))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(text + "\n")
    draft.chmod(_READABLE)
    draft.replace(file)


if __name__ == "__main__":
    write_broker_files(Path(sys.argv[1]), sys.argv[2], os.environ["LOGLOOP_BROKER_PASSWORD"])

"""Sends lines of text with curl, which retries on its own."""

import subprocess

from tests.system.clients.python.program import arguments, messages

given = arguments()
done = subprocess.run(
    [
        "curl", "--silent", "--show-error", "--fail-with-body", "--retry", "6", "--retry-all-errors",
        "--user", f"logloop:{given.key}", "--header", "Content-Type: text/plain",
        "--data-binary", "@-", f"{given.url}/lines/checkout",
    ],
    input="\n".join(message.text for message in messages(given)).encode(),
    check=False,
)  # fmt: skip
print("curl ended with", done.returncode)

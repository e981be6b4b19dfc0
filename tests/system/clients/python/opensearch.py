"""Sends with the bulk helper of opensearch-py."""

from datetime import UTC, datetime

from opensearchpy import OpenSearch, helpers

from tests.system.clients.python.program import arguments, messages

given = arguments()
client = OpenSearch(given.url, http_auth=("logloop", given.key), retry_on_status=(429, 502, 503, 504), max_retries=10)
actions = (
    {
        "_op_type": "create",
        "_index": "checkout",
        "@timestamp": datetime.fromtimestamp(message.time, UTC).isoformat(),
        "message": message.text,
        "level": "info",
    }
    for message in messages(given)
)
for succeeded, item in helpers.streaming_bulk(
    client, actions, max_retries=8, initial_backoff=1, raise_on_error=False
):
    if not succeeded:
        print(item)

"""Sends with the bulk helper of elasticsearch-py."""

from datetime import UTC, datetime

from elasticsearch import Elasticsearch, helpers

from tests.system.clients.python.program import arguments, messages

given = arguments()
client = Elasticsearch(
    given.url, api_key=given.key, retry_on_timeout=True, retry_on_status=(429, 502, 503, 504), max_retries=10
)
actions = (
    {
        "_op_type": "create",
        "_index": "checkout",
        "@timestamp": datetime.fromtimestamp(message.time, UTC).isoformat(),
        "message": message.text,
        "log": {"level": "info"},
    }
    for message in messages(given)
)
for succeeded, item in helpers.streaming_bulk(
    client, actions, max_retries=8, initial_backoff=1, raise_on_error=False
):
    if not succeeded:
        print(item)

"""Tells the other services that a project is deleted, so that each removes what it keeps of it.

It must not decide when that is; `projects` tells it until nothing is left, so that no message can be lost.
"""

from collections.abc import Awaitable, Callable

from logloop_chassis.messaging.publisher import Publisher
from logloop_contracts.channels import PROJECT_DELETED
from logloop_contracts.records import ProjectDeleted

from logloop_query.records.types import now


def deletion_news(publisher: Publisher) -> Callable[[str], Awaitable[None]]:
    """One step of a project's removal. It raises NotPublished, and the step is repeated later."""

    async def tell(project_id: str) -> None:
        fact = ProjectDeleted(project_id=project_id, deleted_at=now())
        await publisher.publish_event(PROJECT_DELETED, fact, project_id=project_id)

    return tell

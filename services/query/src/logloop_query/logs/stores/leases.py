"""The collection `leases`: which process does a job that only one may do at a time.

It must not know the jobs.
"""

from datetime import UTC, datetime, timedelta

from logloop_chassis.database.client import Database, Document
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError


class LeaseStore:
    """Collection `leases`: a document a job, with its holder and when the lease ends."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["leases"]

    async def take(self, job: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease by the clock of this machine; False while another holds it."""
        moment = datetime.now(UTC)
        free = {"_id": job, "$or": [{"holder": holder}, {"expires_at": {"$lte": moment}}]}
        held = {"holder": holder, "expires_at": moment + timedelta(seconds=seconds)}
        try:
            await self._collection.update_one(free, {"$set": held}, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def give_back(self, job: str, holder: str) -> None:
        """End a lease early."""
        await self._collection.delete_one({"_id": job, "holder": holder})

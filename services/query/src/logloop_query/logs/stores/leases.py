"""Stores leases, which let one process at a time do a job."""

from datetime import timedelta

from logloop_chassis.clock import CLOCK
from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import utc_now
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError


class LeaseStore:
    """Collection `leases`: one document per job, with the holder and the end of the lease."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["leases"]

    async def take(self, job: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease by the clock of the database. Return False while another process holds it."""
        await CLOCK.ensure_measured(self._collection.database)
        moment = utc_now()
        free = {"_id": job, "$or": [{"holder": holder}, {"expires_at": {"$lte": moment}}]}
        held = {"holder": holder, "expires_at": moment + timedelta(seconds=seconds)}
        try:
            await self._collection.update_one(free, {"$set": held}, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def release(self, job: str, holder: str) -> None:
        """End a lease early."""
        await self._collection.delete_one({"_id": job, "holder": holder})

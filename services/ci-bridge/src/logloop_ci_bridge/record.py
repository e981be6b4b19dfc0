"""What every record has that users write."""

from datetime import datetime

from pydantic import BaseModel


class Record(BaseModel):
    """A stored template, pipeline or rule. Every change increases `revision`, which detects concurrent changes."""

    id: str
    project_id: str
    name: str
    revision: int = 1
    created_at: datetime
    updated_at: datetime

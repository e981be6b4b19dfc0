"""Hours of the day in which a receiver gets no notification."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}; write UTC or one such as Europe/Berlin") from error
    return name


class QuietHours(BaseModel):
    """A part of the day, which may include midnight. What happens in it is sent together at its end."""

    model_config = ConfigDict(extra="forbid")

    start: str = Field(pattern=_CLOCK, examples=["22:00"])
    end: str = Field(pattern=_CLOCK, examples=["07:00"])
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field("UTC", max_length=64, examples=["Europe/Berlin"])

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.start == self.end:
            raise ValueError("quiet hours must end at another time than they start")
        return self

    def end_after(self, moment: datetime) -> datetime | None:
        """Return when the quiet hours around a moment end, None when the moment is not within them."""
        local = moment.astimezone(ZoneInfo(self.timezone))
        now = local.strftime("%H:%M")
        overnight = self.start > self.end
        quiet = (now >= self.start or now < self.end) if overnight else self.start <= now < self.end
        if not quiet:
            return None
        hour, minute = map(int, self.end.split(":"))
        day = local.date() + timedelta(days=1 if overnight and now >= self.start else 0)
        end = datetime(day.year, day.month, day.day, hour, minute, tzinfo=local.tzinfo)
        return end.astimezone(moment.tzinfo)

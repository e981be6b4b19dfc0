"""Reads the W3C extended log format (IIS, CloudFront): a `#Fields:` line names the columns of the lines after it."""

from __future__ import annotations

from logloop.lines import severities
from logloop.lines.formats.table import set_time
from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.times.timestamps import read_time

_NAMES = {
    "cs-method": "http.request.method",
    "cs-uri-stem": "url.path",
    "sc-status": "http.response.status_code",
    "c-ip": "client.address",
    "cs-username": "user.name",
    "cs(User-Agent)": "user_agent.original",
    "cs(Referer)": "http.referer",
    "s-ip": "server.address",
}
_DIRECTIVES = ("#Fields:", "#Version:", "#Software:", "#Date:", "#Start-Date:", "#End-Date:", "#Remark:")


class Columns:
    """The columns that the input has announced."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self.are_known = False

    def read(self, text: str, context: Context) -> ParsedLine | None:
        """Return the record of a line with these columns, or of a directive; None for other lines."""
        if text[:1] == "#":
            return self._directive(text)
        if not self._names or not text[:1].isdigit():
            return None
        values = text.split("\t") if "\t" in text else text.split()
        if len(values) != len(self._names):
            return None
        return self._record(dict(zip(self._names, values, strict=True)), text, context)

    def _directive(self, text: str) -> ParsedLine | None:
        if not text.startswith(_DIRECTIVES):
            return None
        if text.startswith("#Fields:"):
            self._names = text.removeprefix("#Fields:").split()
            self.are_known = bool(self._names)
        return ParsedLine(text, severity=severities.INFO, format="w3c")

    def _record(self, values: dict[str, str], text: str, context: Context) -> ParsedLine | None:
        stamp = read_time(f"{values.get('date', '')} {values.get('time', '')} UTC", context)
        if stamp is None:
            return None
        parsed = ParsedLine(text, format="w3c")
        set_time(parsed, stamp)
        for name, value in values.items():
            if value != "-" and name not in {"date", "time"}:
                key = _NAMES.get(name, f"w3c.{name}")
                parsed.attributes[key] = int(value) if name == "sc-status" and value.isdecimal() else value
        if len(parsed.attributes) > 1:
            words = (values.get(name, "-") for name in ("cs-method", "cs-uri-stem", "cs-uri-query", "sc-status"))
            parsed.message = " ".join(word for word in words if word != "-") or text
        parsed.severity = severities.from_status(values.get("sc-status", "")) or severities.INFO
        return parsed

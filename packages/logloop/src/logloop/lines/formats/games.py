"""Desktop programs and games: Chromium and Electron, Unreal Engine, Minecraft."""

from __future__ import annotations

import re

from logloop.lines.formats.table import pattern
from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.times.timestamps import read_time

_UNREAL = {"Display": "info", "Log": "info", "VeryVerbose": "debug"}


def _chromium(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine | None:
    """Read the time, which has neither a year nor colons: 1122/230601.123456."""
    date, clock = match["clock"].split("/")
    stamp = read_time(f"{date[:2]}-{date[2:]} {clock[:2]}:{clock[2:4]}:{clock[4:]}", context)
    if stamp is None:
        return None
    parsed.timestamp = stamp.moment
    del parsed.attributes["clock"]
    return parsed


def _unreal(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine | None:
    date, _, clock = match["clock"].partition("-")
    stamp = read_time(f"{date} {clock[:8].replace('.', ':')}.{clock[9:]}", context)
    if stamp is None:
        return None
    parsed.timestamp = stamp.moment
    del parsed.attributes["clock"]
    return parsed


FORMATS = (
    pattern(
        "chromium",
        r"\[(?:(?P<pid>\d+):(?P<tid>-?\d+):)?(?P<clock>\d{4}/\d{6}\.\d{3,6}):(?P<level>VERBOSE\d?|INFO|WARNING|ERROR|FATAL):(?P<place>[^\]]+)\] (?P<message>.*)",
        "[31:31:1122/230601.123456:ERROR:gpu_init.cc(523)] Passthrough is not supported",
        starts="[",
        adapt=_chromium,
    ),
    pattern(
        "unreal",
        r"\[(?P<clock>\d{4}\.\d\d\.\d\d-\d\d\.\d\d\.\d\d:\d{3})\]\[ *(?P<unreal__frame>\d+)\](?P<logger>\w+): "
        r"(?:(?P<level>Fatal|Error|Warning|Display|Log|Verbose|VeryVerbose): )?(?P<message>.*)",
        "[2026.11.22-23.06.01:123][ 31]LogPay: Error: card refused",
        starts="[",
        levels=_UNREAL,
        adapt=_unreal,
    ),
    pattern(
        "minecraft",
        r"\] \[(?P<thread>[^\]/]+)/(?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\](?: \[(?P<logger>[\w.$]+)/(?P<minecraft__marker>[^\]]*)\])?: (?P<message>.*)",
        "[23:06:01] [Server thread/WARN]: Can't keep up!",
        after_time=True,
        follows=r"\] \[",
    ),
)

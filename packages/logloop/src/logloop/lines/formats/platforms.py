"""Operating systems, clouds and clusters: Android, Windows, AWS Lambda, and the logs of supercomputers."""

from __future__ import annotations

import csv
import re

from logloop.lines.formats.table import DIGITS, pattern
from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.times.timestamps import read_time

_LETTER = {
    "V": "debug",
    "D": "debug",
    "I": "info",
    "W": "warn",
    "E": "error",
    "F": "error",
    "A": "error",
    "S": "info",
}
_WINDOWS = "Critical|Error|Warning|Information|Verbose|Audit Success|Audit Failure"
_WINDOWS_LEVELS = {"Audit Success": "info", "Audit Failure": "error"}
_XML = {
    name: re.compile(regex)
    for name, regex in {
        "windows.provider": r"<Provider Name=['\"]([^'\"]+)",
        "windows.event_id": r"<EventID[^>]*>(\d+)<",
        "host.name": r"<Computer>([^<]+)<",
    }.items()
}
_XML_LEVELS = ("info", "error", "error", "warn", "info", "debug")
_RAS_LEVELS = {"FAILURE": "error", "SEVERE": "error", "FATAL": "error"}


def _letter(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity_text = None
    return parsed


def _event_xml(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    text = match.string
    level = re.search(r"<Level>([0-5])</Level>", text)
    parsed.severity = _XML_LEVELS[int(level[1])] if level else "info"
    parsed.attributes.update((name, found[1]) for name, regex in _XML.items() if (found := regex.search(text)))
    return parsed


def _event_csv(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine | None:
    """Read the columns of Event Viewer's export: level, time, source, event id, category, text."""
    separator = "\t" if match.string[match.end("level")] == "\t" else ","
    columns = next(csv.reader([match.string], delimiter=separator), [])
    stamp = read_time(columns[1], context) if len(columns) >= 5 else None
    if stamp is None or not columns[3].isdecimal():
        return None
    parsed.timestamp = stamp.moment
    parsed.attributes |= {
        "windows.provider": columns[2],
        "windows.event_id": columns[3],
        "windows.category": columns[4],
    }
    parsed.message = "\n".join(columns[5:]).strip() or match.string
    return parsed


def _with_epoch(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine | None:
    """The seconds since 1970 are certain; the local time beside them adds the fraction of the second."""
    local = read_time(match["local"], context)
    if local is None or parsed.timestamp is None:
        return None
    parsed.timestamp = parsed.timestamp.replace(microsecond=local.moment.microsecond)
    del parsed.attributes["local"]
    parsed.attributes["time.local"] = match["local"]
    return parsed


FORMATS = (
    pattern(
        "logcat",
        r" +(?P<pid>\d+) +(?P<tid>\d+) (?P<level>[VDIWEFAS]) (?P<program>[^:]*?) *: ?(?P<message>.*)",
        "11-22 23:06:01.811  1702  2395 E ActivityManager: ANR in com.example.shop",
        after_time=True,
        follows=" [ 0]",
        levels=_LETTER,
        adapt=_letter,
    ),
    pattern(
        "logcat",
        r" (?P<level>[VDIWEFAS])/(?P<program>[^(]*?) *\( *(?P<pid>\d+)\): ?(?P<message>.*)",
        "11-22 23:06:01.811 E/ActivityManager( 1702): ANR in com.example.shop",
        after_time=True,
        follows=" A/",
        levels=_LETTER,
        adapt=_letter,
    ),
    pattern(
        "logcat",
        r"(?P<level>[VDIWEFAS])/(?P<program>[^(]*?) *\( *(?P<pid>\d+)\): ?(?P<message>.*)",
        "E/ActivityManager( 1702): ANR in com.example.shop",
        starts="VDIWEFAS",
        levels=_LETTER,
        adapt=_letter,
    ),
    pattern(
        "apple-log",
        r" (?P<tid>0x[0-9a-f]+) +(?P<level>Default|Info|Debug|Error|Fault|Activity) +(?P<apple__activity>0x[0-9a-f]+) +(?P<pid>\d+) +\d+ +"
        r"(?P<program>[^:]+): (?P<message>.*)",
        "2026-11-22 23:06:01.123456+0000 0x1f3a     Error       0x0                  31     0    Shop: (CoreData) disk is full",
        after_time=True,
        follows=" 0a",
        levels={"Fault": "error", "Activity": "info"},
    ),
    pattern(
        "windows-servicing",
        r", (?P<level>Info|Warning|Error|Perf) {2,}(?P<windows__component>\w+) +(?P<message>.*)",
        "2026-11-22 23:06:01, Error                 CBS    Failed to open package",
        after_time=True,
        follows=", A",
        levels={"Perf": "debug"},
    ),
    pattern(
        "windows-event",
        rf"(?P<level>{_WINDOWS})[,\t](?P<message>.*)",
        'Error,11/22/2026 11:06:01 PM,Service Control Manager,7000,None,"The service failed to start"',
        "Warning\t11/22/2026 11:06:01 PM\tdisk\t51\tNone\tAn error was detected",
        starts="CEWIVA",
        levels=_WINDOWS_LEVELS,
        adapt=_event_csv,
    ),
    pattern(
        "windows-event",
        r"(?P<message><Event [^>]*>.*<TimeCreated SystemTime=['\"](?P<time>[^'\"]+)['\"].*</Event>)",
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='disk'/><EventID>7</EventID>"
        "<Level>2</Level><TimeCreated SystemTime='2026-11-22T23:06:01.1234567Z'/></System></Event>",
        starts="<",
        adapt=_event_xml,
    ),
    pattern(
        "lambda",
        r"\t(?P<request>[0-9a-f]{8}-[0-9a-f-]{27}|undefined)\t(?P<level>[A-Z]+)\t(?P<message>.*)",
        "2026-11-22T23:06:01.123Z\t8f507cfc-aaaa-4697-b07a-ac58fc914c95\tERROR\tcard refused",
        after_time=True,
        follows="\t",
    ),
    pattern(
        "lambda",
        r"\[(?P<level>[A-Z]+)\]\t(?P<time>\S+Z)\t(?P<request>[0-9a-f-]{36})?\t(?P<message>.*)",
        "[ERROR]\t2026-11-22T23:06:01.123Z\t8f507cfc-aaaa-4697-b07a-ac58fc914c95\tcard refused",
        starts="[",
    ),
    pattern(
        "lambda",
        r"(?P<message>(?:START|END|REPORT) RequestId: (?P<request>[0-9a-f-]{36})(?:\s.*)?)",
        "REPORT RequestId: 8f507cfc-aaaa-4697-b07a-ac58fc914c95\tDuration: 3 ms\tBilled Duration: 4 ms",
        starts="SER",
        default="info",
    ),
    pattern(
        "kubernetes-event",
        r"(?:(?P<k8s__namespace>[a-z][a-z0-9-]*) +)?(?P<k8s__event__age>(?:\d+[smhdy])+(?: \(x\d+ over \w+\))?|<unknown>) +(?P<level>Normal|Warning) +"
        r"(?P<k8s__event__reason>[A-Z]\w+) +(?P<k8s__object>[a-z][\w.-]*/\S+) +(?P<message>.*)",
        "5m          Warning   BackOff    pod/web-1    Back-off restarting failed container",
        needs="/",
        levels={"Normal": "info"},
    ),
    pattern(
        "bluegene",
        r"(?P<label>\S+) (?P<time>\d{10}) [\d.]+ (?P<host>\S+) (?P<local>\d{4}-\d\d-\d\d-[\d.]+) \S+ "
        r"(?P<message>(?P<bluegene__type>\w+) (?P<bluegene__component>\w+) (?P<level>[A-Z]+) .*)",
        "- 1795388761 2026.11.22 R02-M1 2026-11-22-23.06.01.675872 R02-M1 RAS KERNEL FATAL data TLB error",
        starts="-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        levels=_RAS_LEVELS,
        adapt=_with_epoch,
    ),
    pattern(
        "cluster-syslog",
        r"(?P<label>\S+) (?P<time>\d{10}) \d{4}\.\d\d\.\d\d (?P<host>\S+) (?P<time__local>[A-Z][a-z]{2} {1,2}\d\d? [\d:]{8}) (?P<source_host>\S+)"
        r" (?P<message>(?:(?P<program>[^\s:\[]+(?:\([^)]*\))?)(?:\[(?P<pid>\d+)\])?: ?)?.*)",
        "- 1795388761 2026.11.22 dn228 Nov 22 23:06:01 dn228/dn228 crond[2916]: session closed",
        starts="-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ),
    pattern(
        "cluster-event",
        r"(?P<event__id>\d+) (?P<host>\S+) (?P<cluster__component>[\w.]+) (?P<cluster__state>\S+) (?P<time>\d{9,10}) (?P<cluster__flag>-?\d+) (?P<message>.*)",
        "134681 node-246 unix.hw state_change.unavailable 1795388761 1 Component is in the unavailable state",
        starts=DIGITS,
    ),
    pattern(
        "health-app",
        r"\|(?P<program>[\w.-]+)\|(?P<pid>\d+)\|(?P<message>.*)",
        "20261122-23:6:1:606|Step_LSC|30002312|onStandStepChanged 3579",
        after_time=True,
        follows=r"\|",
    ),
    pattern(
        "proxifier",
        r"\] (?P<message>(?P<program>[\w.]+(?: \*\d+)?) - .*)",
        "[11.22 23:06:01] browser.exe - proxy.example:5070 open through proxy",
        after_time=True,
        follows=r"\] ",
    ),
)

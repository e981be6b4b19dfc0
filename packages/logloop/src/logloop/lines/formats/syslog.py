"""Syslog: RFC 5424, RFC 3164 with and without a priority, the same with an ISO time, Cisco, and kernel messages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from logloop.lines import severities
from logloop.lines.formats.table import Format, is_number, pattern, set_time
from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.times.timestamps import Stamp, find_time, read_time

_RFC5424 = re.compile(
    r'<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: \ufeff?(.*))?\Z',
    re.DOTALL,
)
_PRIORITY = re.compile(r"<(\d{1,3})>", re.ASCII)
_HEAD = re.compile(
    r" {1,2}(?P<host>[A-Za-z0-9_][\w.:%-]*(?:/[\w.-]+)?)"
    r" (?P<tag>[A-Za-z_][\w./@+-]*(?: [A-Z][\w.]*)?(?:\([\w@.-]+\))*)(?:\[(?P<pid>\d+)\])?: ?(?P<message>.*)\Z",
    re.DOTALL | re.ASCII,
)
_HEAD_LINE = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+[Z\d]) (?P<host>[\w.-]+) (?P<tag>[A-Za-z_][\w./-]*)(?:\[\d+\])?: "
)
_TAG_ONLY = re.compile(
    r" {0,2}(?P<tag>[A-Za-z_][\w./@+-]*)(?:\[(?P<pid>\d+)\])?: ?(?P<message>.*)\Z", re.DOTALL | re.ASCII
)
_HOST_ONLY = re.compile(r" (?P<host>[\w.-]+) (?P<message>.*)\Z", re.DOTALL)
_CISCO = re.compile(
    r"(?:\d+: )?[*.]?(?P<time>\w{3} [ \d]\d (?:\d{4} )?[\d:.]+)(?: [A-Z]{3,5})?: (?P<message>%.*)\Z", re.DOTALL
)
_MNEMONIC = re.compile(r"%[A-Z0-9_]+(?:-[A-Z0-9_]+)*-([0-7])-[A-Z0-9_]+: ")
_RSYSLOG_TIME = re.compile(r"\.\d{6}[+-]\d\d:\d\d$", re.ASCII)
_PROGRAMS = frozenset(
    [
        "kernel",
        "systemd",
        "sshd",
        "sudo",
        "su",
        "cron",
        "CRON",
        "crond",
        "rsyslogd",
        "syslogd",
        "syslog",
        "dhclient",
        "dhcpd",
        "named",
        "ntpd",
        "chronyd",
        "postfix",
        "dockerd",
        "containerd",
        "kubelet",
        "NetworkManager",
        "haproxy",
        "nginx",
        "logrotate",
        "rsyslog",
        "auditd",
        "polkitd",
        "avahi-daemon",
        "anacron",
        "xinetd",
        "ftpd",
        "gdm",
        "gpm",
        "bluetoothd",
        "portmap",
        "rpc.statd",
        "snmpd",
        "smartd",
        "logger",
        "login",
        "passwd",
        "useradd",
    ]
)
_DMESG_LEVELS = "emerg|alert|crit|err|warn|notice|info|debug"
_STATUS = {"FAILED": "error", "DEPEND": "error", " TIME ": "error", " WARN ": "warn", "  OK  ": "info"}
_STATUS |= {"SKIPPED": "info", " INFO ": "info"}
_LEVELS = frozenset(
    {"ERR", "FATAL", "NOTICE", "TRACE", "CRITICAL"} | {"INFO", "ERROR", "WARN", "WARNING", "DEBUG", "LOG"}
)


def read_rfc5424(text: str, start: int, _stamp: Stamp | None, context: Context) -> ParsedLine | None:
    """`<165>1 2026-11-22T23:06:01.003Z web1 app 8710 ID47 [x@32473 iut="3"] text`."""
    match = _RFC5424.match(text, start)
    if match is None or int(match[1]) > 191:
        return None
    _, time, host, app, process, message_id, data, message = match.groups()
    stamp = None if time == "-" else read_time(time, context)
    if stamp is None and time != "-":
        return None
    parsed = ParsedLine(message or text, format="syslog-5424")
    if stamp:
        set_time(parsed, stamp)
    named = {
        "host.name": host,
        "program": app,
        "process.pid": process,
        "syslog.message_id": message_id,
        "syslog.structured_data": data,
    }
    parsed.attributes.update((name, value) for name, value in named.items() if value != "-")
    parsed.severity = severities.from_number(int(match[1]) % 8)
    return parsed


def read_priority(text: str, start: int, _stamp: Stamp | None, context: Context) -> ParsedLine | None:
    """`<34>Nov 22 23:06:01 web1 su: text`, also with an ISO time, without a host, or without a time."""
    priority = _PRIORITY.match(text, start)
    if priority is None or int(priority[1]) > 191:
        return None
    severity = severities.from_number(int(priority[1]) % 8)
    parsed = _cisco(text, priority.end(), context)
    stamp = find_time(text, context, priority.end())
    if parsed is None and stamp:
        match = next(
            (found for form in (_HEAD, _TAG_ONLY, _HOST_ONLY) if (found := form.match(text, stamp.end))), None
        )
        parsed = _of_head(match, stamp) if match else None
    if parsed is None:
        match = _TAG_ONLY.match(text, priority.end())
        if match is None and stamp is None and text[priority.end() : priority.end() + 1] not in {"[", " "}:
            return None if text[priority.end() :].startswith("<") else _bare(text[priority.end() :], severity)
        parsed = _of_head(match, None) if match else _bare(text[priority.end() :], severity)
    parsed.severity = severity
    return parsed


def _bare(message: str, severity: str) -> ParsedLine:
    return ParsedLine(message.strip() or "-", severity=severity, format="syslog")


def _of_head(match: re.Match[str], stamp: Stamp | None) -> ParsedLine:
    named = match.groupdict()
    parsed = _of_parts(named.get("host"), named.get("tag"), named.get("pid"), named["message"], stamp)
    parsed.message = parsed.message or match.group().strip()
    return parsed


def _of_parts(host: str | None, tag: str | None, pid: str | None, message: str, stamp: Stamp | None) -> ParsedLine:
    parsed = ParsedLine(message, None, severities.from_text(message))
    parsed.format = "syslog"
    if stamp:
        set_time(parsed, stamp)
    if host:
        parsed.attributes["host.name"] = host
    if tag:
        parsed.attributes["program"] = tag
    if pid:
        parsed.attributes["process.pid"] = int(pid) if is_number(pid) else pid
    return parsed


def _cisco(text: str, start: int, context: Context) -> ParsedLine | None:
    match = _CISCO.match(text, start)
    mnemonic = _MNEMONIC.match(match["message"]) if match else None
    stamp = read_time(match["time"], context) if match else None
    if not match or not mnemonic or not stamp:
        return None
    parsed = ParsedLine(match["message"], severity=severities.from_number(int(mnemonic[1])), format="cisco")
    set_time(parsed, stamp)
    return parsed


def read_cisco(text: str, start: int, _stamp: Stamp | None, context: Context) -> ParsedLine | None:
    """`*Nov 22 23:06:01.123: %LINK-3-UPDOWN: Interface down`."""
    return _cisco(text, start, context)


def read_syslog(text: str, start: int, stamp: Stamp | None, context: Context) -> ParsedLine | None:
    """`Nov 22 23:06:01 host app[31]: text` without a priority.

    A sentence such as "Connection refused: retrying" has the same shape. The host or the program must be certain.
    """
    match = _HEAD.match(text, start)
    if match is None or stamp is None:
        return None
    host, tag, pid, message = match.groups()
    if host.upper() in _LEVELS or tag.upper() in _LEVELS or host.isdecimal():
        return None
    head = text[:start].lstrip()
    if head[:1].isdigit() or (head[:1] in "[(<" and head[1:2].isdigit()):
        accepted = _is_iso_syslog(head, host, tag, pid, context)
    else:
        accepted = bool(pid) or host in context.hosts or _is_host_name(host) or (tag in _PROGRAMS and host.islower())
    return _of_parts(host, tag, pid, message or match.group().strip(), stamp) if accepted else None


def _is_iso_syslog(head: str, host: str, tag: str, pid: str | None, context: Context) -> bool:
    """Syslog writes ISO times with T and a zone; other programs do so too, and then write what they like."""
    if len(head) < 20 or head[10] != "T" or not (head[-1] in "Zz" or "+" in head[19:] or "-" in head[19:]):
        return False
    if pid or host in context.hosts:
        return True
    return _is_host_name(host) and (tag in _PROGRAMS or _RSYSLOG_TIME.search(head) is not None)


def _is_host_name(host: str) -> bool:
    return host == "localhost" or (host.islower() and any(char.isdigit() or char == "." for char in host))


def _status(parsed: ParsedLine, _match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity_text = None  # the message still says it
    return parsed


def shared_hosts(lines: Iterable[str]) -> frozenset[str]:
    """Return what is the host in the first lines of an input: a name that comes with more than one program."""
    programs: dict[str, set[str]] = {}
    for line in lines:
        match = _HEAD_LINE.match(line)
        if match and match["host"].upper() not in _LEVELS:
            programs.setdefault(match["host"], set()).add(match["tag"])
    return frozenset(host for host, tags in programs.items() if len(tags) > 1 and host[:1].islower())


def certain_host(parsed: ParsedLine) -> str | None:
    """Return the host of a syslog line that also names a process; other lines of the input may then have less."""
    if parsed.format in {"syslog", "syslog-5424"} and "process.pid" in parsed.attributes:
        host = parsed.attributes.get("host.name")
        return host if isinstance(host, str) else None
    return None


FORMATS = (
    Format(
        "syslog-5424",
        read_rfc5424,
        ('<165>1 2026-11-22T23:06:01.003Z web1 shop 8710 ID47 [x@32473 iut="3"] An event',),
        "<",
    ),
    Format("syslog", read_priority, ("<34>Nov 22 23:06:01 web1 su: 'su root' failed", "<13>hello"), "<"),
    Format(
        "syslog",
        read_syslog,
        (
            "Nov 22 23:06:01 web1 sshd[31]: Failed password for root",
            "2026-11-22T23:06:01.500000+00:00 web1 systemd[1]: Started cron.service",
        ),
        after_time=True,
        needs=":",
        follows=r" [\w ]",
    ),
    Format("cisco", read_cisco, ("*Nov 22 23:06:01.123: %LINK-3-UPDOWN: Interface Gi0/1 is down",), "*.0123456789"),
    pattern(
        "kernel",
        r"\[ *(?P<kernel__uptime>\d+\.\d{6})\] (?P<message>.*)",
        "[   12.345678] usb 1-1: new high-speed USB device",
        starts="[",
    ),
    pattern(
        "kernel",
        rf"(?P<syslog__facility>\w+) *:(?P<level>{_DMESG_LEVELS}) *: \[ *(?P<kernel__uptime>\d+\.\d{{6}})\] (?P<message>.*)",
        "kern  :err   : [   12.345678] ata1: device is gone",
        needs=": [",
    ),
    pattern(
        "kernel",
        rf"(?P<syslog__facility>\w+) *:(?P<level>{_DMESG_LEVELS}) *: \[(?P<time>[A-Z]\w\w [^\]]+)\] (?P<message>.*)",
        "kern  :warn  : [Sun Nov 22 23:06:01 2026] ata1: slow",
        needs=": [",
    ),
    pattern(
        "systemd",
        r"(?P<message>\[(?P<level>  OK  |FAILED|DEPEND| TIME | WARN |SKIPPED| INFO )\] .*)",
        "[FAILED] Failed to start shop.service - Shop.",
        starts="[",
        levels=_STATUS,
        adapt=_status,
    ),
    pattern(
        "audit",
        r"(?P<message>type=(?P<audit__type>\w+) msg=audit\((?P<time>\d+\.\d+):(?P<audit__id>\d+)\):.*)",
        "type=USER_LOGIN msg=audit(1795388761.123:456): pid=1 uid=0 res=failed",
        starts="t",
    ),
)

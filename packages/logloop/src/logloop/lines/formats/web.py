"""Web servers, proxies and load balancers: their access logs and error logs."""

from __future__ import annotations

import re

from logloop.lines import severities
from logloop.lines.formats.table import DIGITS, from_status, pattern
from logloop.lines.parsed import Context, ParsedLine

_QUOTED = r'[^"\\]*(?:\\.[^"\\]*)*'


def _request(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    """Take the request apart, and set the severity from the status."""
    request = match["call"]
    method, _, rest = request.partition(" ")
    if rest:
        parsed.attributes["http.request.method"] = method
        parsed.attributes["url.path"] = rest.partition(" ")[0].partition("?")[0]
    parsed.attributes.pop("call", None)
    parsed.severity = severities.from_status(match["status"]) or "info"
    return parsed


def _envoy(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine | None:
    is_iso = "T" in match.string[: match.start()]
    return _request(parsed, match, context) if is_iso else None


def _haproxy(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity = severities.from_status(match["status"] or "") or "info"
    return parsed


def _access(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine:
    parsed.attributes.pop("size", None)
    return _request(parsed, match, context)


def _s3(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    status = re.search(r'" (\d{3}) ', match["message"])
    parsed.severity = severities.from_status(status[1]) if status else None
    return parsed


def _flow(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity = "warn" if match["aws__vpc__action"] == "REJECT" else "info"
    return parsed


FORMATS = (
    pattern(
        "access",
        r"(?:(?P<server__address>[\w.-]+(?::\d+)?) )?(?P<client>[\w.:%-]+(?:, ?[\w.:%-]+)*) (?P<user__identity>\S+) (?P<user>[^\[]{1,100}?) "
        rf'\[(?P<time>[^\]]+)\] (?P<message>"(?P<call>{_QUOTED})" (?P<status>\d{{3}}) (?P<size>\d+|-))'
        rf'(?: "(?P<referer>{_QUOTED})" "(?P<agent>{_QUOTED})")?(?: (?P<http__access__more>.*))?',
        '127.0.0.1 - frank [22/Nov/2026:23:06:01 +0000] "GET /cart?x=1 HTTP/1.1" 502 157 "-" "curl/8"',
        '::1 - - [23/Nov/2026:00:06:01 +0100] "-" 400 -',
        adapt=_access,
        needs=" [",
    ),
    pattern(
        "s3-access",
        r"(?P<aws__s3__owner>\w{10,}) (?P<aws__s3__bucket>[\w.-]+) \[(?P<time>[^\]]+)\] (?P<client>\S+) (?P<user>\S+) (?P<request>\S+) "
        r"(?P<message>(?P<aws__s3__operation>[A-Z]+\.\S+) .*)",
        '79a59df900b949e5 shop [22/Nov/2026:23:06:01 +0000] 1.2.3.4 - 3E57427F3 REST.GET.OBJECT a.txt "GET /a.txt" 404 NoSuchKey',
        adapt=_s3,
        needs=" [",
    ),
    pattern(
        "nginx-error",
        r" \[(?P<level>\w+)\] (?P<pid>\d+)#(?P<tid>\d+): (?:\*(?P<connection>\d+) )?(?P<message>.*)",
        "2026/11/22 23:06:01 [error] 31#31: *7 connect() failed (111: Connection refused)",
        after_time=True,
        follows=r" \[a",
    ),
    pattern(
        "apache-error",
        r"\] \[(?:(?P<module>[\w.-]*):)?(?P<level>[a-z]+\d?)\] (?:\[pid (?P<pid>\d+)(?::tid (?P<tid>\d+))?\] )?(?P<message>.*)",
        "[Sun Nov 22 23:06:01.123456 2026] [core:error] [pid 31:tid 7] AH00037: link not allowed",
        "[Sun Nov 22 23:06:01 2026] [notice] caught SIGTERM, shutting down",
        after_time=True,
        follows=r"\] \[",
    ),
    pattern(
        "haproxy",
        r"(?P<client>[\w.:]+):(?P<client__port>\d+) \[(?P<time>[^\]]+)\] (?P<message>(?P<haproxy__frontend>\S+) "
        r"(?P<haproxy__backend>[^\s/]+)/(?P<haproxy__server>\S+) [+\d/-]+ (?:(?P<status>\d{3}|-1) )?\+?\d+ .*)",
        '10.0.0.1:3345 [22/Nov/2026:23:06:01.123] web~ app/srv1 0/0/0/1/1 503 750 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"',
        starts=DIGITS + "abcdef:",
        adapt=_haproxy,
    ),
    pattern(
        "alb",
        r"(?P<aws__elb__type>https?|h2|grpcs|wss?) (?P<time>\S+) (?P<aws__elb__name>\S+) (?P<client>[\w.:]+):(?P<client__port>\d+) "
        r"(?P<message>\S+ [\d.-]+ [\d.-]+ [\d.-]+ (?P<status>\d{3}|-) .*)",
        'https 2026-11-22T23:06:01.123456Z app/shop/50dc 1.2.3.4:2817 10.0.0.1:80 0.0 0.0 0.0 502 502 34 366 "GET https://a/ HTTP/1.1"',
        starts="hgw",
        adapt=_haproxy,
    ),
    pattern(
        "elb",
        r" (?P<aws__elb__name>[\w./-]+) (?P<client>[\w.:]+):(?P<client__port>\d+) "
        r"(?P<message>(?:[\w.:]+:\d+|-) [\d.-]+ [\d.-]+ [\d.-]+ (?P<status>\d{3}|-) .*)",
        '2026-11-22T23:06:01.123456Z shop-lb 1.2.3.4:2817 10.0.0.1:80 0.0 0.0 0.0 200 200 0 29 "GET http://a/ HTTP/1.1"',
        after_time=True,
        needs='"',
        follows=r" [\w./-]",
        adapt=_haproxy,
    ),
    pattern(
        "envoy",
        rf'\] (?P<message>"(?P<call>{_QUOTED})" (?P<status>\d{{3}}) .*)',
        '[2026-11-22T23:06:01.123Z] "GET /cart HTTP/1.1" 503 UF 0 91 5 - "-" "curl/8"',
        after_time=True,
        follows=r'\] "',
        adapt=_envoy,
    ),
    pattern(
        "envoy",
        r"\]\[(?P<tid>\d+)\]\[(?P<level>trace|debug|info|warning|error|critical)\]\[(?P<logger>[^\]]+)\] (?:\[(?P<place>[^\]\s]+:\d+)\] )?(?P<message>.*)",
        "[2026-11-22 23:06:01.123][31][warning][config] [source/common/config/grpc_stream.h:101] gRPC config stream closed",
        after_time=True,
        follows=r"\]\[0",
    ),
    pattern(
        "bind",
        r" (?P<logger>[a-z-]+): (?P<level>critical|error|warning|notice|info|debug \d+): (?P<message>.*)",
        "22-Nov-2026 23:06:01.123 general: error: zone shop.example/IN: not loaded",
        after_time=True,
        needs=": ",
        follows=" a",
    ),
    pattern(
        "cups",
        r"(?P<level>[XAEWNIDd]) \[(?P<time>\d\d/\w{3}/\d{4}:[^\]]+)\] (?P<message>.*)",
        "E [22/Nov/2026:23:06:01 +0000] [Job 3] Unable to print",
        starts="XAEWNIDd",
        levels={
            "X": "error",
            "A": "error",
            "E": "error",
            "W": "warn",
            "N": "info",
            "I": "info",
            "D": "debug",
            "d": "debug",
        },
    ),
    pattern(
        "squid",
        r" +(?P<message>\d+ (?P<client>\S+) [A-Z_]+/(?P<status>\d{3}) \d+ (?P<method>[A-Z]+) .*)",
        "1795388761.123    110 10.0.0.1 TCP_MISS/504 4123 GET http://a.example/ - DIRECT/1.2.3.4 text/html",
        after_time=True,
        follows=" [ 0]",
        adapt=from_status,
    ),
    pattern(
        "vpc-flow",
        r"(?P<message>\d (?P<aws__account>\d{12}|unknown) (?P<aws__eni>eni-\w+) (?P<client>\S+) (?P<server__address>\S+) \S+ \S+ \S+ \S+ \S+ "
        r"(?P<time>\d{10}) \d{10} (?P<aws__vpc__action>ACCEPT|REJECT|-) (?:OK|NODATA|SKIPDATA).*)",
        "2 123456789010 eni-0a1b 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1795388761 1795388821 REJECT OK",
        starts=DIGITS,
        adapt=_flow,
    ),
)

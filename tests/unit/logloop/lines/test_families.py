"""Lines of many systems, and how they are read. Each stands for a kind of line that was read wrongly."""

# ruff: noqa: E501 - a line of a log is one string

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from logloop.lines.reader import read_any

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
Row = tuple[str, str, str | None, str, dict[str, Any]]
"""A line, its severity, its time, its message, and its attributes."""

SYSLOG: list[Row] = [
    (
        "2026-11-26 10:00:00 Connection refused: retrying in 5 s",
        "info",
        "2026-11-26T10:00:00+00:00",
        "Connection refused: retrying in 5 s",
        {},
    ),
    (
        "2026-11-26T10:00:10Z Unhandled exception: boom",
        "error",
        "2026-11-26T10:00:10+00:00",
        "Unhandled exception: boom",
        {},
    ),
    (
        "Nov 26 10:00:00 Connection refused: retrying in 5 s",
        "info",
        "2026-11-26T10:00:00+00:00",
        "Connection refused: retrying in 5 s",
        {},
    ),
    (
        "Nov 26 10:00:00 Re-connect failed: retrying",
        "info",
        "2026-11-26T10:00:00+00:00",
        "Re-connect failed: retrying",
        {},
    ),
    ("2026-11-26T10:00:00Z Starting kernel: ok", "info", "2026-11-26T10:00:00+00:00", "Starting kernel: ok", {}),
    (
        "2026-11-26T10:00:00+01:00 Payment failed: order 17",
        "info",
        "2026-11-26T09:00:00+00:00",
        "Payment failed: order 17",
        {},
    ),
    (
        "2026-11-26 10:00:00 worker process[12]: done",
        "info",
        "2026-11-26T10:00:00+00:00",
        "worker process[12]: done",
        {},
    ),
    (
        "2026-11-26T10:00:00.5+00:00 web1 systemd[1]: Started cron.service",
        "info",
        "2026-11-26T10:00:00.500000+00:00",
        "Started cron.service",
        {"host.name": "web1", "program": "systemd", "process.pid": 1},
    ),
    (
        "2026-11-26T10:00:00.123456+01:00 web1 app: payment failed",
        "info",
        "2026-11-26T09:00:00.123456+00:00",
        "payment failed",
        {"host.name": "web1", "program": "app"},
    ),
    (
        "Nov 26 10:00:00 web1 kernel: [123.456789] usb 1-1: new",
        "info",
        "2026-11-26T10:00:00+00:00",
        "usb 1-1: new",
        {"host.name": "web1", "program": "kernel", "kernel.uptime": "123.456789"},
    ),
    (
        "Nov 26 10:00:00 combo logrotate: ALERT exited abnormally with [1]",
        "error",
        "2026-11-26T10:00:00+00:00",
        "ALERT exited abnormally with [1]",
        {"host.name": "combo", "program": "logrotate"},
    ),
    ("<13>Nov 26 10:00:00 app: no host", "info", "2026-11-26T10:00:00+00:00", "no host", {"program": "app"}),
    (
        "<13>2026-11-26T10:00:00Z web1 app[3]: with iso",
        "info",
        "2026-11-26T10:00:00+00:00",
        "with iso",
        {"host.name": "web1", "program": "app", "process.pid": 3},
    ),
    ("<0>kernel panic", "error", None, "kernel panic", {}),
    ("<191>1 - - - - - - hello", "debug", None, "hello", {}),
    (
        '<34>Nov 26 10:00:00 web1 app[3]: {"level":"warn","msg":"inner"}',
        "warn",
        "2026-11-26T10:00:00+00:00",
        "inner",
        {"host.name": "web1", "program": "app", "process.pid": 3},
    ),
]

WEB: list[Row] = [
    (
        '10.0.0.1 - - [26/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 500 12 "-" "curl" 0.003 "upstream"',
        "error",
        "2026-11-26T10:00:00+00:00",
        '"GET / HTTP/1.1" 500 12',
        {
            "client.address": "10.0.0.1",
            "http.response.status_code": 500,
            "user_agent.original": "curl",
            "http.access.more": '0.003 "upstream"',
            "http.request.method": "GET",
            "url.path": "/",
        },
    ),
    (
        "2026/11/26 10:00:00 [emerg] 1#1: bind() failed",
        "error",
        "2026-11-26T10:00:00+00:00",
        "bind() failed",
        {"process.pid": 1, "thread.id": 1},
    ),
    (
        "[2026-11-26 10:00:00] [error] [client 1.2.3.4] hello",
        "error",
        "2026-11-26T10:00:00+00:00",
        "[client 1.2.3.4] hello",
        {},
    ),
    (
        'Nov 26 10:00:00 lb haproxy[9]: 10.0.0.1:1234 [26/Nov/2026:10:00:00.123] fe be/srv 0/0/0/1/1 503 123 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"',
        "error",
        "2026-11-26T10:00:00.123000+00:00",
        'fe be/srv 0/0/0/1/1 503 123 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"',
        {
            "host.name": "lb",
            "program": "haproxy",
            "process.pid": 9,
            "client.address": "10.0.0.1",
            "client.port": "1234",
            "haproxy.frontend": "fe",
            "haproxy.backend": "be",
            "haproxy.server": "srv",
            "http.response.status_code": 503,
        },
    ),
    (
        '2026-11-26T10:00:00.123456Z my-lb 1.2.3.4:1 10.0.0.1:80 0.1 0.1 0.1 500 500 0 2 "GET http://a/ HTTP/1.1" "curl" - -',
        "error",
        "2026-11-26T10:00:00.123456+00:00",
        '10.0.0.1:80 0.1 0.1 0.1 500 500 0 2 "GET http://a/ HTTP/1.1" "curl" - -',
        {"aws.elb.name": "my-lb", "client.address": "1.2.3.4", "client.port": "1", "http.response.status_code": 500},
    ),
]

DATABASES: list[Row] = [
    (
        "2026-07-01 12:00:00.000 CEST [1] LOG:  x",
        "info",
        "2026-07-01T10:00:00+00:00",
        "[1] LOG:  x",
        {"process.pid": 1},
    ),
    (
        "2026-07-01 12:00:00.000 XYZT [1] LOG:  x",
        "info",
        "2026-07-01T12:00:00+00:00",
        "[1] LOG:  x",
        {"time.zone": "XYZT", "process.pid": 1},
    ),
    (
        "2026-07-01 12:00:00.000 IST [1] LOG:  x",
        "info",
        "2026-07-01T06:30:00+00:00",
        "[1] LOG:  x",
        {"time.zone": "IST", "time.zone_assumed": "+0530", "process.pid": 1},
    ),
    (
        "2026-11-26 10:00:00.123 UTC [31] shop@orders ERROR:  duplicate key value",
        "error",
        "2026-11-26T10:00:00.123000+00:00",
        "[31] shop@orders ERROR:  duplicate key value",
        {"process.pid": 31, "user.name": "shop", "db.name": "orders"},
    ),
    (
        "2020-03-31T21:19:46.942+0000 E WRITE  [conn1] failed",
        "error",
        "2020-03-31T21:19:46.942000+00:00",
        "failed",
        {"mongodb.component": "WRITE", "mongodb.context": "conn1"},
    ),
    (
        "[2026-11-26T10:00:00,123][ERROR][o.e.n.Node ] [node-1] boom",
        "error",
        "2026-11-26T10:00:00.123000+00:00",
        "[node-1] boom",
        {"logger.name": "o.e.n.Node"},
    ),
    (
        "[2026-11-26 10:00:00,123] ERROR [KafkaServer id=0] Fatal (kafka.server.KafkaServer)",
        "error",
        "2026-11-26T10:00:00.123000+00:00",
        "[KafkaServer id=0] Fatal (kafka.server.KafkaServer)",
        {},
    ),
]

JVM: list[Row] = [
    (
        "17/06/09 20:10:40 INFO executor.X: started",
        "info",
        "2017-06-09T20:10:40+00:00",
        "executor.X: started",
        {"logger.name": "executor.X"},
    ),
    (
        "26-Nov-2026 10:00:00.123 SEVERE [main] o.a.C failed",
        "error",
        "2026-11-26T10:00:00.123000+00:00",
        "[main] o.a.C failed",
        {},
    ),
    (
        "10:00:00.123 [main] ERROR c.e.App - boom",
        "error",
        "2026-11-26T10:00:00.123000+00:00",
        "boom",
        {"time.date": "assumed", "thread.name": "main", "logger.name": "c.e.App"},
    ),
    ("INFO  [2026-11-26 10:00:00,123] org.x: msg", "info", "2026-11-26T10:00:00.123000+00:00", "org.x: msg", {}),
    (
        "2026-11-26 10:00:00.123  WARN 7 --- [main] a.B : hello",
        "warn",
        "2026-11-26T10:00:00.123000+00:00",
        "7 --- [main] a.B : hello",
        {"process.pid": 7, "thread.name": "main", "logger.name": "a.B"},
    ),
    (
        "2026-11-26 10:00:00,123 INFO  [http-nio-8080-exec-1] c.e.Web: ok",
        "info",
        "2026-11-26T10:00:00.123000+00:00",
        "[http-nio-8080-exec-1] c.e.Web: ok",
        {"thread.name": "http-nio-8080-exec-1", "logger.name": "c.e.Web"},
    ),
]

PYTHON: list[Row] = [
    (
        "2026-11-26 10:00:00,123 - mod - WARNING - hello",
        "warn",
        "2026-11-26T10:00:00.123000+00:00",
        "mod - WARNING - hello",
        {"logger.name": "mod"},
    ),
    ("CRITICAL:root:dead", "error", None, "dead", {"logger.name": "root"}),
    ("ERROR:    Exception in ASGI application", "error", None, "ERROR:    Exception in ASGI application", {}),
    (
        "[2026-11-26 10:00:00,123: WARNING/ForkPoolWorker-1] slow",
        "warn",
        "2026-11-26T10:00:00.123000+00:00",
        "slow",
        {"thread.name": "ForkPoolWorker-1"},
    ),
    ("2026-11-26 10:00:00 [error    ] boom   user=3", "error", "2026-11-26T10:00:00+00:00", "boom", {"user": "3"}),
]

RUBY_PHP: list[Row] = [
    (
        "E, [2026-11-26T10:00:00.123456 #1] ERROR -- : x",
        "error",
        "2026-11-26T10:00:00.123456+00:00",
        "x",
        {"process.pid": 1},
    ),
    (
        'Started GET "/" for 127.0.0.1 at 2026-11-26 10:00:00 +0000',
        "info",
        "2026-11-26T10:00:00+00:00",
        'Started GET "/" for 127.0.0.1 at 2026-11-26 10:00:00 +0000',
        {"http.request.method": "GET", "url.path": "/", "client.address": "127.0.0.1"},
    ),
    (
        "[2026-11-26 10:00:00] production.ERROR: no card",
        "error",
        "2026-11-26T10:00:00+00:00",
        "no card",
        {"logger.name": "production"},
    ),
    (
        "[26-Nov-2026 10:00:00 Europe/Berlin] PHP Warning:  x in /a.php on line 3",
        "warn",
        "2026-11-26T09:00:00+00:00",
        "PHP Warning:  x in /a.php on line 3",
        {},
    ),
]

NATIVE: list[Row] = [
    (
        "2026-11-26T10:00:00.000Z\terror\ta.go:1\tfailed",
        "error",
        "2026-11-26T10:00:00+00:00",
        "failed",
        {"code.location": "a.go:1"},
    ),
    (
        'E1126 10:00:00.123456       1 a.go:1] "Unhandled" err="x" pod="a/b"',
        "error",
        "2026-11-26T10:00:00.123456+00:00",
        '"Unhandled" err="x" pod="a/b"',
        {"thread.id": 1, "code.location": "a.go:1"},
    ),
    ("ERRO[0000] failed  key=value", "error", None, "failed  key=value", {"logrus.clock": "0000"}),
    ("10:00AM ERR failed error=x", "error", None, "failed error=x", {"zerolog.clock": "10:00AM"}),
    (
        '[GIN] 2026/11/26 - 10:00:00 | 500 | 1.2ms | 127.0.0.1 | GET "/ping"',
        "error",
        "2026-11-26T10:00:00+00:00",
        '500 | 1.2ms | 127.0.0.1 | GET "/ping"',
        {"gin.clock": "2026/11/26 - 10:00:00", "http.response.status_code": 500},
    ),
    ("2026/11/26 10:00:00 ERROR failed k=v", "error", "2026-11-26T10:00:00+00:00", "failed k=v", {}),
    (
        "2026-11-26T10:00:00.000Z [INFO]  agent.server: started",
        "info",
        "2026-11-26T10:00:00+00:00",
        "agent.server: started",
        {},
    ),
    (
        "2026-11-26T10:00:00.123456Z  WARN tokio_app: slow a=1",
        "warn",
        "2026-11-26T10:00:00.123456+00:00",
        "tokio_app: slow a=1",
        {},
    ),
    ("fail: Shop.Pay[0]", "error", None, "fail: Shop.Pay[0]", {"logger.name": "Shop.Pay", "dotnet.event_id": "0"}),
    ("trce: A.B[1]", "debug", None, "trce: A.B[1]", {"logger.name": "A.B", "dotnet.event_id": "1"}),
    ("dbug: A.B[1]", "debug", None, "dbug: A.B[1]", {"logger.name": "A.B", "dotnet.event_id": "1"}),
    ("2026-11-26 10:00:00.123 +01:00 [FTL] dead", "error", "2026-11-26T09:00:00.123000+00:00", "dead", {}),
    ("2026-11-26 10:00:00.1234|ERROR|A.B|hello", "error", "2026-11-26T10:00:00.123400+00:00", "A.B|hello", {}),
    (
        "src/a.c:1:2: warning: unused",
        "warn",
        None,
        "src/a.c:1:2: warning: unused",
        {"code.file.path": "src/a.c", "code.line.number": 1},
    ),
    (
        "fatal error: all goroutines are asleep - deadlock!",
        "error",
        None,
        "fatal error: all goroutines are asleep - deadlock!",
        {},
    ),
]

NODE: list[Row] = [
    ("npm ERR! code E404", "error", None, "npm ERR! code E404", {}),
    ("npm warn deprecated a@1", "warn", None, "npm warn deprecated a@1", {}),
    ("2026-11-26T10:00:00.000Z info: winston", "info", "2026-11-26T10:00:00+00:00", "winston", {}),
    ("(node:1) Warning: x", "warn", None, "(node:1) Warning: x", {"process.pid": 1}),
]

PLATFORMS: list[Row] = [
    (
        "03-17 16:13:38.811  1702  2395 E ActivityManager: anr",
        "error",
        "2026-03-17T16:13:38.811000+00:00",
        "anr",
        {"process.pid": 1702, "thread.id": 2395, "program": "ActivityManager"},
    ),
    ("W/Tag(  123): brief", "warn", None, "brief", {"program": "Tag", "process.pid": 123}),
    (
        "2026-11-26 10:00:00.123  1000  2000 E Tag : year",
        "error",
        "2026-11-26T10:00:00.123000+00:00",
        "year",
        {"process.pid": 1000, "thread.id": 2000, "program": "Tag"},
    ),
    (
        "Warning,11/26/2026 10:00:00 AM,Source,1,None,text here",
        "warn",
        "2026-11-26T10:00:00+00:00",
        "text here",
        {"windows.provider": "Source", "windows.event_id": "1", "windows.category": "None"},
    ),
    (
        "[ERROR] 2026-11-26T10:00:00.123Z reqid something",
        "error",
        "2026-11-26T10:00:00.123000+00:00",
        "reqid something",
        {},
    ),
]

GENERIC: list[Row] = [
    ("[2026-11-26 10:00:00] [logger] [error] msg", "error", "2026-11-26T10:00:00+00:00", "[logger] [error] msg", {}),
    ("2026-11-26 10:00:00 WARNING! disk full", "warn", "2026-11-26T10:00:00+00:00", "disk full", {}),
    ("ERROR 2026-11-26 10:00:02,123 x", "error", "2026-11-26T10:00:02.123000+00:00", "x", {}),
    ("ERROR | 2026-11-26 10:00:00 | mod | x", "error", "2026-11-26T10:00:00+00:00", "mod | x", {}),
    ("2026-11-26 10:00:00 | ERROR | mod | hello", "error", "2026-11-26T10:00:00+00:00", "mod | hello", {}),
    ("2026-11-26 10:00:00;ERROR;mod;hello", "error", "2026-11-26T10:00:00+00:00", "mod;hello", {}),
    ("2026-11-26 10:00:00 mod.sub ERROR hello", "error", "2026-11-26T10:00:00+00:00", "mod.sub ERROR hello", {}),
    ("2026-11-26 10:00:00 web1 ERROR hello", "error", "2026-11-26T10:00:00+00:00", "web1 ERROR hello", {}),
    ("2026-11-26 10:00:00 [pool-1] [INFO] hello", "info", "2026-11-26T10:00:00+00:00", "[pool-1] [INFO] hello", {}),
    ("2026-11-26 10:00:00 Level=error hello", "error", "2026-11-26T10:00:00+00:00", "Level=error hello", {}),
    (
        "2026-11-26 10:00:00 Error: could not connect",
        "error",
        "2026-11-26T10:00:00+00:00",
        "Error: could not connect",
        {},
    ),
    ("2026-11-26 10:00:00 -10 degrees", "info", "2026-11-26T10:00:00+00:00", "-10 degrees", {}),
    ("2026-11-26 10:00:00 GET /index.html", "info", "2026-11-26T10:00:00+00:00", "GET /index.html", {}),
    (
        "2026-11-26T10:00:00Z there was an ERROR in this sentence",
        "info",
        "2026-11-26T10:00:00+00:00",
        "there was an ERROR in this sentence",
        {},
    ),
    ("2026-11-26T10:00:00Z I went home", "info", "2026-11-26T10:00:00+00:00", "I went home", {}),
    ("there was an ERROR in this sentence", "info", None, "there was an ERROR in this sentence", {}),
    ("12 error messages were found", "info", None, "12 error messages were found", {}),
    ("1795687200 items", "info", None, "1795687200 items", {}),
    ("1795687200.123 hello", "info", "2026-11-26T10:00:00.123000+00:00", "1795687200.123 hello", {}),
    ("Wed Jul  1 12:00:00 UTC 2020 nightly ok", "info", "2020-07-01T12:00:00+00:00", "nightly ok", {}),
    (
        "\x1b[2m2026-11-26T10:00:00Z \x1b[0m \x1b[31mERROR\x1b[0m shop: sp \x1b[1mlit\x1b[0mword",
        "error",
        "2026-11-26T10:00:00+00:00",
        "shop: sp litword",
        {},
    ),
]

JSON: list[Row] = [
    ('{"@t":"2026-11-26T10:00:00Z","@m":"hi","@l":"Error"}', "error", "2026-11-26T10:00:00+00:00", "hi", {}),
    ('{"@t":"2026-11-26T10:00:00Z","@mt":"hi {n}","n":1}', "info", "2026-11-26T10:00:00+00:00", "hi {n}", {"n": 1}),
    (
        '{"Timestamp":"2026-11-26T10:00:00+01:00","Level":"Warning","RenderedMessage":"hi"}',
        "warn",
        "2026-11-26T09:00:00+00:00",
        "hi",
        {},
    ),
    (
        '{"timestamp":"2026-11-26T10:00:00Z","level":"INFO","fields":{"message":"hi","n":3},"target":"a"}',
        "info",
        "2026-11-26T10:00:00+00:00",
        "hi",
        {"fields": {"n": 3}, "target": "a"},
    ),
    (
        '{"date":"2026-11-26","time":"10:00:00","msg":"x"}',
        "info",
        "2026-11-26T10:00:00+00:00",
        "x",
        {"date": "2026-11-26"},
    ),
    (
        '{"time":"10:00:00","msg":"x"}',
        "info",
        "2026-11-26T10:00:00+00:00",
        "x",
        {"time.date": "assumed"},
    ),
    ('{"level":-4,"msg":"x"}', "debug", None, "x", {}),
    ('{"level":"not a level","msg":"x"}', "info", None, "x", {"level": "not a level"}),
    ('{"LEVEL":"Fatal","MSG":"x"}', "error", None, "x", {}),
    ('{"log_level":"E","Message":"x"}', "error", None, "x", {}),
    ('{"time":"2026-11-26T10:00:00Z","level":"DEBUG-4","msg":"x"}', "debug", "2026-11-26T10:00:00+00:00", "x", {}),
    (
        '{"severity":"CRITICAL","textPayload":"boom","timestamp":"2026-11-26T10:00:00.123456789Z"}',
        "error",
        "2026-11-26T10:00:00.123456+00:00",
        "boom",
        {},
    ),
    (
        '{"severity":"ERROR","jsonPayload":{"message":"boom","a":1},"timestamp":"2026-11-26T10:00:00Z"}',
        "error",
        "2026-11-26T10:00:00+00:00",
        "boom",
        {"jsonPayload": {"a": 1}},
    ),
    (
        '{"time":"2026-11-26T10:00:00Z","level":"Error","properties":{"message":"boom","b":1}}',
        "error",
        "2026-11-26T10:00:00+00:00",
        "boom",
        {"properties": {"b": 1}},
    ),
    (
        '{"Level":2,"EventID":7,"TimeCreated":"2026-11-26T10:00:00Z","Message":"boom"}',
        "error",
        "2026-11-26T10:00:00+00:00",
        "boom",
        {"EventID": 7},
    ),
    (
        '{"name":"app","pid":1,"level":50,"msg":"boom","time":"2026-11-26T10:00:00Z","v":0}',
        "error",
        "2026-11-26T10:00:00+00:00",
        "boom",
        {"name": "app", "pid": 1, "v": 0},
    ),
    (
        '{"log":{"level":"warn"},"message":"ecs","@timestamp":"2026-11-26T10:00:00Z"}',
        "warn",
        "2026-11-26T10:00:00+00:00",
        "ecs",
        {"log": {}},
    ),
    (
        '{"instant":{"epochSecond":1795687200,"nanoOfSecond":123000000},"level":"WARN","message":"log4j2"}',
        "warn",
        "2026-11-26T10:00:00.123000+00:00",
        "log4j2",
        {},
    ),
    (
        '{"@timestamp":"2026-11-26T10:00:00Z","level_value":40000,"message":"logback"}',
        "error",
        "2026-11-26T10:00:00+00:00",
        "logback",
        {},
    ),
    (
        '{"severityNumber":17,"body":{"stringValue":"otlp"},"timeUnixNano":"1795687200000000000"}',
        "error",
        "2026-11-26T10:00:00+00:00",
        "otlp",
        {},
    ),
    ('{"level":"WARN","msg":"x","time":"not a time"}', "warn", None, "x", {"time": "not a time"}),
    ('{"a":1,"a":2,"msg":"twice"}', "info", None, "twice", {"a": [1, 2]}),
    (
        '{"version":"1.1","host":"h","level":3,"short_message":"s","full_message":"s\\nmore","timestamp":1795687200}',
        "error",
        "2026-11-26T10:00:00+00:00",
        "s\nmore",
        {"version": "1.1", "host": "h"},
    ),
    ("time=2026-11-26T10:00:00.000Z level=ERROR+2 msg=failed", "error", "2026-11-26T10:00:00+00:00", "failed", {}),
    ('2026-11-26T10:00:00Z {"level":"error","msg":"x","a":1}', "error", "2026-11-26T10:00:00+00:00", "x", {"a": 1}),
]

ALL = [*SYSLOG, *WEB, *DATABASES, *JVM, *PYTHON, *RUBY_PHP, *NATIVE, *NODE, *PLATFORMS, *GENERIC, *JSON]


@pytest.mark.parametrize(("line", "severity", "time", "message", "attributes"), ALL, ids=[row[0][:40] for row in ALL])
def test_a_line_is_read_by_its_format(
    line: str, severity: str, time: str | None, message: str, attributes: dict[str, Any]
) -> None:
    parsed = read_any(line, UTC, NOW)
    assert parsed.message == message
    assert (parsed.severity or "info") == severity
    assert (parsed.timestamp.isoformat() if parsed.timestamp else None) == time
    assert parsed.attributes == attributes

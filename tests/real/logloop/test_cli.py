"""The `logloop` command as a real process against a scripted platform."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ingest_api import Answer, IngestApi, Request, wait_until
from tests.forked_command import run_command

COMMAND = [sys.executable, "-W", "error", "-m", "logloop.cli"]


def run(
    environ: dict[str, str], *arguments: str, stdin: str | bytes = b"", timeout: float = 150
) -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    return run_command([*arguments], environ, data=data, timeout=timeout)


def log(number: int, message: str = "hello", severity: str = "info") -> dict[str, Any]:
    return {
        "id": f"id-{number}", "project_id": "shop", "service_id": "cart", "message": message, "severity": severity,
        "timestamp": f"2026-11-22T10:00:{number:02d}.000000Z", "test_id": None, "func_id": None, "source": None,
        "attributes": None,
    }  # fmt: skip


def search_response(*items: dict[str, Any], **more: Any) -> Answer:
    return Answer(200, {"items": list(items), "next_cursor": None, "partial": False, "partial_reason": None, **more})


# -- send


def test_send_reads_stdin_and_recognises_times_and_severities(api: IngestApi, environ: dict[str, str]) -> None:
    text = (
        '2026-11-22T10:00:00Z ERROR cannot pay\nTraceback (most recent call last):\n  File "a"\nKeyError: 3\nplain\n'
    )
    done = run(environ, "send", "--service", "cart", "--test", "t::a", "-a", "release=1.2", stdin=text)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "2 sent, 0 rejected" in done.stderr
    first, second = api.entries
    assert first["message"].startswith("cannot pay\nTraceback")
    assert (first["severity"], first["timestamp"]) == ("error", "2026-11-22T10:00:00Z")
    assert (first["service_id"], first["test_id"], first["source"]) == ("cart", "t::a", "stdin")
    assert first["attributes"]["release"] == 1.2
    assert second["message"] == "plain"


def test_send_reads_plain_and_gzipped_files_and_prints_counts_as_json(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    import gzip

    plain, packed = tmp_path / "a.log", tmp_path / "b.log.gz"
    plain.write_bytes(b"one\r\nt\xc3\xa4st \xff\n")
    packed.write_bytes(gzip.compress(b"three\n"))
    done = run(environ, "send", str(plain), str(packed), "--json")
    assert json.loads(done.stdout) == {"sent": 3, "refused": 0, "errors": []}
    assert api.messages == ["one", "täst ÿ", "three"]
    assert {entry["source"] for entry in api.entries} == {"a.log", "b.log.gz"}


def test_send_reads_a_process_substitution(api: IngestApi, environ: dict[str, str]) -> None:
    line = f"{' '.join(COMMAND)} send <(echo from a program)"
    done = subprocess.run(["bash", "-c", line], env=environ, capture_output=True, text=True, timeout=150)
    assert done.stderr == "1 sent, 0 rejected\n"
    assert api.messages == ["from a program"]


def test_send_reads_wrapped_odd_and_unbelievable_lines_and_refuses_none(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "mixed.log"
    path.write_text(
        "\ufeff2026-11-22 10:00:00 Connection refused: retrying in 5 s\n"
        '{"log":"2026-11-22 10:00:01 ERROR boom\\n","stream":"stderr","time":"2026-11-22T10:00:01Z"}\n'
        '{"log":"Traceback (most recent call last):\\n","stream":"stderr","time":"2026-11-22T10:00:01Z"}\n'
        '{"log":"ValueError: bad\\n","stream":"stderr","time":"2026-11-22T10:00:01Z"}\n'
        "2031-01-01T00:00:00Z INFO clock was wrong\n"
        '{"service":"My Service","message":"m"}\n' + "x" * 600_000 + "\n"
    )
    done = run(environ, "send", "--timezone", "UTC", "--json", str(path))
    assert json.loads(done.stdout) == {"sent": 7, "refused": 0, "errors": []}
    first, second, third, fourth, *parts = api.entries
    assert (first["message"], first["timestamp"]) == ("Connection refused: retrying in 5 s", "2026-11-22T10:00:00Z")
    assert (second["severity"], second["source"], second["message"].count("\n")) == ("error", "stderr", 2)
    assert third["attributes"] == {"time.claimed": "2031-01-01T00:00:00+00:00"}
    assert (fourth["service_id"], fourth["attributes"]["service.name"]) == ("My-Service", "My Service")
    assert "".join(part["message"] for part in parts) == "x" * 600_000


def test_send_uses_the_given_time_zone(api: IngestApi, environ: dict[str, str]) -> None:
    run(environ, "send", "--timezone", "+02:00", stdin="2026-11-22 10:00:00 x\n")
    assert api.entries[0]["timestamp"] == "2026-11-22T08:00:00Z"


def test_lines_of_a_slow_program_are_sent_before_it_ends(api: IngestApi, environ: dict[str, str]) -> None:
    process = subprocess.Popen(
        [*COMMAND, "send"], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin
    process.stdin.write(b"early\n")
    process.stdin.flush()
    wait_until(lambda: api.messages == ["early"])
    process.communicate(b"late\n", timeout=100)
    assert api.messages == ["early", "late"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_a_pipeline_sends_what_was_read_and_the_last_lines_of_the_others(
    api: IngestApi, environ: dict[str, str], number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "send"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    process.stdin.write("early\n")
    process.stdin.flush()
    wait_until(lambda: api.messages == ["early"])
    process.send_signal(number)
    process.stdin.write("shutting down\n")
    process.stdin.flush()
    wait_until(lambda: process.poll() is not None)  # also when the writer never closes the pipe
    assert process.stderr
    assert (process.returncode, process.stderr.read()) == (130, "2 sent, 0 rejected\n")
    assert api.messages == ["early", "shutting down"]
    process.stdin.close()


def test_on_a_terminal_the_final_count_overwrites_the_counter(environ: dict[str, str]) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen([*COMMAND, "send"], env=environ, stdin=subprocess.PIPE, stderr=child)
    os.close(child)
    process.communicate(b"x\n", timeout=100)
    assert os.read(parent, 4096).decode() == "\r1 sent\r1 sent, 0 rejected\r\n"
    os.close(parent)


def test_send_exits_with_5_and_the_reason_when_entries_are_rejected(api: IngestApi, environ: dict[str, str]) -> None:
    api.reject = lambda entry: entry["message"] == "bad"
    done = run(environ, "send", stdin="good\nbad\n")
    assert done.returncode == 5
    assert "1 sent, 1 rejected" in done.stderr
    assert "refused by the test" in done.stderr


def test_send_retries_while_the_platform_is_busy_and_stores_once(api: IngestApi, environ: dict[str, str]) -> None:
    api.script = [Answer(503, {"title": "Busy"}, {"Retry-After": "0"})] * 2
    done = run(environ, "send", stdin="x\n")
    assert done.returncode == 0
    assert api.messages == ["x"]
    assert len({request.headers["idempotency-key"] for request in api.requests}) == 1
    assert "the platform is available again" in done.stderr


def test_send_exits_with_4_when_the_platform_is_unreachable_and_prints_the_count(environ: dict[str, str]) -> None:
    environ["LOGLOOP_URL"] = "http://127.0.0.1:9"
    done = run(environ, "send", "--retry-for", "0.1", "--json", stdin="x\n")
    assert done.returncode == 4
    assert json.loads(done.stdout)["sent"] == 0
    assert "No response from http://127.0.0.1:9" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["send", "/no/such/file"], 2, "cannot read /no/such/file"),
        (["send", "/tmp"], 2, "is a directory"),
        (["send", "-f", "/tmp"], 2, "is a directory"),
        (["send", "-f", "-"], 2, "stdin"),
        (["send", "--timezone", "Mars"], 2, "Europe/Berlin"),
        (["search", "--no-such-option"], 2, "No such option"),
        (["send", "-a", "release"], 2, "--attribute 'release' is not NAME=VALUE"),
        (["admin", "users", "create", "--set", "x"], 2, "--set 'x' is not NAME=VALUE"),
        (["admin", "users", "create", "--set", "a=1", "--set", "a.b=2"], 2, "'a' already has a value"),
        (["admin", "settings", "set", "web"], 2, "github"),
        (["admin", "users", "create", "--data", "{"], 2, "JSON"),
        (["dead-letters", "list", "-s", "web"], 2, "ci-bridge"),
        (["export", "--format", "xml"], 2, "parquet"),
    ],
)
def test_a_usage_error_exits_with_2_and_says_what_works(
    environ: dict[str, str], arguments: list[str], code: int, text: str
) -> None:
    done = run(environ, *arguments)
    assert done.returncode == code
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("status", "code"), [(401, 3), (403, 3), (404, 1), (422, 6), (500, 7), (503, 4)])
def test_the_response_status_decides_the_exit_code(
    api: IngestApi, environ: dict[str, str], status: int, code: int
) -> None:
    api.answers["GET", "/api/v1/logs"] = Answer(status, {"title": "No", "detail": "because"}, {"Retry-After": "60"})
    done = run(environ, "search", "x", "--json")
    assert done.returncode == code
    assert "because" in done.stderr
    assert done.stdout == ""


# -- search, tail, export


def test_search_prints_one_line_per_log_without_colour_when_piped(api: IngestApi, environ: dict[str, str]) -> None:
    evil = log(1, "\x1b[31mred\x1b[0m \x1b]0;title\x07 two\nlines", "error")
    api.answers["GET", "/api/v1/logs"] = search_response(evil, log(2))
    done = run(environ, "search", "severity:error", "--since", "2h")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "2026-11-22T10:00:01.000000Z\terror\tcart\tred \\x1b]0;title\\x07 two\\nlines",
        "2026-11-22T10:00:02.000000Z\tinfo\tcart\thello",
    ]
    params = api.requests[0].params
    assert (params["q"], params["since"], params["project_id"], params["limit"]) == (
        "severity:error",
        "2h",
        "shop",
        "100",
    )


def test_a_query_may_span_several_arguments(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["GET", "/api/v1/logs"] = search_response(log(1))
    assert run(environ, "search", "service:cart", "payment", '"timed out"', "-n", "5", "--", "-debug").returncode == 0
    assert api.requests[0].params["q"] == 'service:cart payment "timed out" -debug'


def test_search_prints_one_json_document(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["GET", "/api/v1/logs"] = search_response(log(1, "\x9b31m \u202e"))
    done = run(environ, "search", "--json")
    answer = json.loads(done.stdout)
    assert answer["items"][0]["message"] == "\x9b31m \u202e"
    assert answer["partial"] is False
    assert done.stdout.isascii()


def test_search_prints_the_platforms_hints_on_stderr(api: IngestApi, environ: dict[str, str]) -> None:
    hint = "'or' is searched as a word; write OR"
    api.answers["GET", "/api/v1/logs"] = search_response(log(1), hints=[hint])
    shown, as_json = run(environ, "search", "a or b"), run(environ, "search", "--json", "a or b")
    assert shown.stderr.splitlines() == as_json.stderr.splitlines() == [f"logloop: {hint}"]
    assert len(shown.stdout.splitlines()) == 1
    assert json.loads(as_json.stdout)["hints"] == [hint]


def test_search_reads_as_many_pages_as_needed(api: IngestApi, environ: dict[str, str]) -> None:
    def page(request: Request) -> Answer:
        start = int(request.params.get("cursor", "0"))
        count = int(request.params["limit"])
        return search_response(*[log(n % 60) for n in range(start, start + count)], next_cursor=str(start + count))

    api.answers["GET", "/api/v1/logs"] = page
    assert len(run(environ, "search", "-n", "2500").stdout.splitlines()) == 2500
    assert [request.params["limit"] for request in api.requests] == ["1000", "1000", "500"]


def test_search_exits_with_1_when_nothing_matches_and_5_when_incomplete(
    api: IngestApi, environ: dict[str, str]
) -> None:
    api.answers["GET", "/api/v1/logs"] = search_response()
    assert run(environ, "search").returncode == 1
    api.answers["GET", "/api/v1/logs"] = search_response(log(1), partial=True, partial_reason="time limit")
    done = run(environ, "search")
    assert done.returncode == 5
    assert "time limit" in done.stderr


def test_a_closed_pipe_ends_the_command_silently(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["GET", "/api/v1/logs"] = search_response(*[log(n % 60, "x" * 2_000) for n in range(1_000)])
    line = f"{' '.join(COMMAND)} search -n 1000 | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], env=environ, capture_output=True, text=True, timeout=150
    )
    assert done.stderr == ""
    assert done.returncode in {0, 141}
    assert done.stdout.startswith("2026-11-22T10:00:00")


def on_a_terminal(environ: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Return the exit code of a command and its output on a terminal."""
    parent, child = pty.openpty()
    process = subprocess.Popen([*COMMAND, *arguments], env={**environ, "TERM": "xterm"}, stdout=child, stderr=child)
    os.close(child)
    shown = b""
    try:
        while piece := os.read(parent, 4096):
            shown += piece
    except OSError:
        pass  # how Linux reports that the other side of a terminal is closed
    os.close(parent)
    return process.wait(100), shown.decode()


def test_on_a_terminal_logs_are_a_table_with_control_characters_escaped(
    api: IngestApi, environ: dict[str, str]
) -> None:
    del environ["NO_COLOR"]
    api.answers["GET", "/api/v1/logs"] = search_response(log(1, "pay \x1b]0;title\x07", "error"))
    code, text = on_a_terminal(environ, "search", "pay")
    assert code == 0
    assert "severity" in text
    assert "\x1b[1;31merror" in text
    assert "\x1b[7mpay" in text
    assert "\x1b]0" not in text
    assert "\\x1b]0;title\\x07" in text


def test_on_a_terminal_ids_are_not_wrapped_and_times_are_local(api: IngestApi, environ: dict[str, str]) -> None:
    made = {
        "id": "01M836VEXD2DDFEHP5X476QFFN", "state": "recorded", "repository": "acme/" + "shop" * 20,
        "event_type": "x" * 60, "rule_name": "Payments " * 9, "created_at": "2026-11-22T10:00:00.5Z",
    }  # fmt: skip
    api.answers["GET", "/api/v1/ci/dispatches"] = Answer(200, {"items": [made], "next_cursor": None})
    _, text = on_a_terminal({**environ, "COLUMNS": "80", "TZ": "Asia/Tokyo"}, "ci", "dispatches")
    assert made["id"] in text
    assert "2026-11-22" in text
    assert "10:00:00" not in text


def test_a_binary_export_is_not_written_to_a_terminal(environ: dict[str, str]) -> None:
    code, text = on_a_terminal(environ, "export", "--format", "parquet")
    assert (code, "-o FILE" in text) == (2, True)


def test_an_export_cannot_control_a_terminal_and_is_exact_elsewhere(api: IngestApi, environ: dict[str, str]) -> None:
    hostile = "\x1b]0;title\x07 \x1b[31mred\x1b[0m \x9b2J \u202e é"
    json_line = json.dumps({"message": hostile}, ensure_ascii=False) + "\n"
    for kind, text in (("csv", f'id,message\r\n1,"{hostile}\nb"\r\n2,\rend'), ("ndjson", json_line * 2)):
        content = text.encode()
        chunks = tuple(content[start : start + 3] for start in range(0, len(content), 3))  # within characters too
        api.answers["GET", "/api/v1/logs/export"] = Answer(200, chunks=chunks)
        code, shown = on_a_terminal(environ, "export", "--format", kind)
        assert code == 0
        assert not [char for char in shown if (ord(char) < 32 and char not in "\r\n") or 127 <= ord(char) < 160]
        assert "\u202e" not in shown
        if kind == "csv":
            assert shown.splitlines() == [
                "id,message",
                r'1,"\x1b]0;title\x07 red \x9b2J \u202e é',
                'b"',
                r"2,\x0dend",
            ]
        else:
            assert [json.loads(line)["message"] for line in shown.splitlines()] == [hostile] * 2
        command = [*COMMAND, "export", "--format", kind]
        assert subprocess.run(command, env=environ, capture_output=True, check=True, timeout=100).stdout == content


def events(*logs: dict[str, Any]) -> tuple[bytes, ...]:
    return tuple(
        f"event: log\nid: {n}\ndata: {json.dumps({'items': [item]})}\n\n".encode() for n, item in enumerate(logs)
    )


def test_tail_prints_ndjson_as_logs_arrive_and_reports_dropped_logs(api: IngestApi, environ: dict[str, str]) -> None:
    dropped = b'event: dropped\ndata: {"count": 7}\n\n'
    api.answers["GET", "/api/v1/logs/tail"] = Answer(200, chunks=(dropped, *events(log(1), log(2))))
    done = run(environ, "tail", "x", "-n", "2", "--json")
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["id-1", "id-2"]
    assert "7 logs were left out" in done.stderr


def test_ctrl_c_ends_a_tail_with_130_and_no_traceback(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["GET", "/api/v1/logs/tail"] = Answer(200, chunks=events(log(1)))
    process = subprocess.Popen(
        [*COMMAND, "tail"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert "hello" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=100)
    assert process.returncode == 130
    assert complaint == ""


def test_export_writes_the_bytes_unchanged(api: IngestApi, environ: dict[str, str], tmp_path: Path) -> None:
    api.answers["GET", "/api/v1/logs/export"] = Answer(200, chunks=(b"PAR1", b"\x00\xff"))
    target = tmp_path / "logs.parquet"
    assert run(environ, "export", "-o", str(target)).returncode == 0
    assert target.read_bytes() == b"PAR1\x00\xff"
    assert api.requests[0].params["format"] == "parquet"


def test_a_failed_export_reports_why_and_leaves_no_file(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    api.answers["GET", "/api/v1/logs/export"] = Answer(200, chunks=(b"{}",))
    missing = tmp_path / "missing" / "logs.csv"
    done = run(environ, "export", "-o", str(missing))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"logloop: {missing}.part: No such file or directory\n"
    api.answers["GET", "/api/v1/logs/export"] = Answer(422, {"title": "Wrong values"})
    assert run(environ, "export", "-o", str(tmp_path / "logs.csv")).returncode == 6
    assert not list(tmp_path.glob("logs.csv*"))


# -- analyze


REPORT = {
    "verdict": "likely", "summary": "The card provider times out.",
    "claims": [{"text": "It began at ten.", "citations": ["l1"], "confidence": 0.9}],
    "findings": [
        {"kind": "slow_step", "title": "cart: from 'a' to 'b' takes 700 ms", "score": 15, "count": 9, "evidence": []},
        {"kind": "burst", "title": "timeouts", "score": 1, "count": 9, "baseline_count": 0, "evidence": ["l1"]},
    ],
    "evidence": [
        {"log_id": "l1", "timestamp": "2026-11-22T10:00:00Z", "service_id": "cart", "severity": "error",
         "message": "boom"},
    ],
    "next_steps": ["Look at the provider's status."],
}  # fmt: skip


def serve_analysis(api: IngestApi, status: str, **more: Any) -> None:
    api.answers["POST", "/api/v1/logs/analyses"] = Answer(
        202, {"id": "a1", "project_id": "shop", "status": "requested"}
    )
    api.answers["GET", "/api/v1/logs/analyses/a1"] = Answer(200, {"id": "a1", "status": status, **more})
    steps = (
        b'event: progress\nid: 0.1\ndata: {"stage":"reading","text":"reading 1,000 logs"}\n\n',
        f"event: {status}\nid: 0.2\ndata: {{}}\n\n".encode(),
    )
    api.answers["GET", "/api/v1/logs/analyses/a1/events"] = Answer(200, chunks=steps)


def test_analyze_prints_progress_and_the_report_with_cited_lines(api: IngestApi, environ: dict[str, str]) -> None:
    serve_analysis(api, "completed", report=REPORT)
    done = run(environ, "analyze", "service:cart", "-q", "Why?", "--since", "2h")
    assert done.returncode == 0, done.stderr
    assert "reading 1,000 logs" in done.stderr
    for text in (
        "likely: The card provider times out.",
        "It began at ten.",
        "[l1] cart error: boom",
        "takes 700 ms (slow step)",
        "9 now, 0 before",
    ):
        assert text in done.stdout
    assert json.loads(api.requests[0].body) == {
        "project_id": "shop", "q": "service:cart", "since": "2h", "question": "Why?",
    }  # fmt: skip
    assert json.loads(run(environ, "analyze", "--json").stdout)["report"] == REPORT


def test_a_failed_analysis_exits_with_7_and_the_provider_s_message(api: IngestApi, environ: dict[str, str]) -> None:
    serve_analysis(api, "failed", failure={"reason": "provider", "detail": "bad key", "provider_message": "401 nope"})
    done = run(environ, "analyze", "--json")
    assert done.returncode == 7
    assert "401 nope" in done.stderr
    assert json.loads(done.stdout)["status"] == "failed"


# -- records, settings


def test_records_are_listed_shown_created_changed_and_deleted(api: IngestApi, environ: dict[str, str]) -> None:
    rule = {"id": "r1", "name": "Timeouts", "on": "logs", "enabled": True, "condition": "stats.count > 5"}
    api.answers["GET", "/api/v1/ci/rules"] = Answer(200, {"items": [rule], "next_cursor": None})
    api.answers["GET", "/api/v1/ci/rules/r1"] = api.answers["PUT", "/api/v1/ci/rules/r1"] = Answer(200, rule)
    api.answers["POST", "/api/v1/ci/rules"] = Answer(201, rule)
    api.answers["DELETE", "/api/v1/ci/rules/r1"] = Answer(204)
    assert run(environ, "ci", "rules", "list").stdout == "r1\tTimeouts\tlogs\ttrue\tstats.count > 5\n"
    assert json.loads(run(environ, "ci", "rules", "list", "--json").stdout)["items"] == [rule]
    assert json.loads(run(environ, "ci", "rules", "show", "r1", "--json").stdout) == rule
    made = run(environ, "ci", "rules", "create", "--data", "-", "--set", "filter.services=[1]", stdin='{"name": "n"}')
    assert made.returncode == 0
    assert json.loads(api.requests[-1].body) == {"project_id": "shop", "name": "n", "filter": {"services": [1]}}
    run(environ, "ci", "rules", "update", "r1", "--set", "enabled=false")
    changed = {name: value for name, value in rule.items() if name != "id"} | {"enabled": False}
    assert json.loads(api.requests[-1].body) == changed
    assert json.loads(run(environ, "ci", "rules", "delete", "r1", "--json").stdout) == {"deleted": "r1"}


def test_a_project_update_sends_only_the_changes(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["PATCH", "/api/v1/projects/shop"] = Answer(200, {"id": "shop", "name": "Shop 2"})
    assert (
        run(environ, "admin", "projects", "update", "shop", "--set", "name=Shop 2").stdout
        == "id\tshop\nname\tShop 2\n"
    )
    assert json.loads(api.requests[-1].body) == {"name": "Shop 2"}


def test_admin_commands_sign_in_and_out_on_the_machine_of_logloop_up(api: IngestApi, environ: dict[str, str]) -> None:
    home = Path(environ["LOGLOOP_HOME"])
    home.mkdir()
    credentials = {"url": api.url, "api_key": "llk_a_b", "project": "demo", "email": "a@b", "password": "p"}
    (home / "credentials.json").write_text(json.dumps(credentials))
    for name in ("LOGLOOP_URL", "LOGLOOP_API_KEY", "LOGLOOP_PROJECT"):
        del environ[name]
    cookie = {"Set-Cookie": "__Host-logloop=token; Path=/; Secure; HttpOnly"}
    api.answers["POST", "/api/v1/session"] = Answer(201, {"name": "Administrator"}, cookie)
    api.answers["GET", "/api/v1/users"] = Answer(200, {"items": [{"id": "u1"}], "next_cursor": None})
    api.answers["DELETE", "/api/v1/session"] = Answer(204)
    assert run(environ, "admin", "users", "list").returncode == 0
    assert [(request.method, request.path) for request in api.requests] == [
        ("POST", "/api/v1/session"), ("GET", "/api/v1/users"), ("DELETE", "/api/v1/session"),
    ]  # fmt: skip
    listing = api.requests[1].headers
    assert (listing["cookie"], listing["origin"]) == ("__Host-logloop=token", api.url)
    assert "authorization" not in listing


def test_a_rejected_request_is_explained_once_in_plain_text(api: IngestApi, environ: dict[str, str]) -> None:
    wrong = [{"index": n, "field": "service_id", "reason": "must be short"} for n in range(3)]
    api.answers["POST", "/api/v1/logs"] = Answer(422, {"title": "Wrong", "detail": "no entry", "errors": wrong})
    done = run(environ, "send", stdin="x\n")
    assert done.returncode == 6
    assert done.stderr == "logloop: Wrong: no entry\n  service_id: must be short (HTTP 422)\nNothing was sent.\n"
    said = {"field": "q", "reason": "a ) is missing", "position": 2}
    api.answers["GET", "/api/v1/logs"] = Answer(
        422, {"title": "Wrong", "detail": "cannot read: a ) is missing", "errors": [said]}
    )
    assert run(environ, "search", "(a").stderr == "logloop: Wrong: cannot read: a ) is missing (HTTP 422)\n"


def test_checking_an_invalid_rule_exits_with_6(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["POST", "/api/v1/ci/rules/check"] = Answer(200, {"valid": False, "errors": ["no such pipeline"]})
    done = run(environ, "ci", "rules", "check", "--set", "name=r")
    assert done.returncode == 6
    assert "errors\tno such pipeline\n" in done.stdout
    api.answers["POST", "/api/v1/ci/rules/check"] = Answer(200, {"valid": True, "errors": []})
    assert run(environ, "ci", "rules", "check", "--set", "name=r").returncode == 0


def test_nested_fields_are_shown_under_the_names_that_set_accepts(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["GET", "/api/v1/settings"] = Answer(200, {"llm": {"provider": "none", "model": None}})
    assert run(environ, "admin", "settings", "show").stdout == "llm.provider\tnone\nllm.model\t-\n"


def test_dispatch_starts_a_workflow(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["POST", "/api/v1/ci/dispatches"] = Answer(202, {"id": "d1", "mode": "console"})
    done = run(environ, "ci", "dispatch", "p1", "--set", "reason=slow", "--json")
    assert json.loads(done.stdout)["mode"] == "console"
    assert json.loads(api.requests[0].body) == {
        "project_id": "shop", "pipeline": "p1", "values": {"reason": "slow"},
    }  # fmt: skip


def test_a_new_key_is_the_only_output_on_stdout(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["POST", "/api/v1/api-keys"] = Answer(201, {"id": "k", "key": "llk_k_secret"})
    done = run(environ, "admin", "keys", "create", "ci", "--scope", "ingest", "--scope", "read")
    assert done.stdout == "llk_k_secret\n"
    assert json.loads(api.requests[0].body)["scopes"] == ["ingest", "read"]


def test_a_rotated_key_is_the_only_output_on_stdout(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["POST", "/api/v1/api-keys/k1/rotate"] = Answer(201, {"id": "k2", "key": "llk_k2_secret"})
    done = run(environ, "admin", "keys", "rotate", "k1", "--grace-hours", "2")
    assert done.stdout == "llk_k2_secret\n"
    assert "k1 stays valid for 2 hours" in done.stderr
    assert json.loads(api.requests[0].body) == {"grace_hours": 2}


def test_dead_letters_of_every_service_are_listed_retried_and_deleted(
    api: IngestApi, environ: dict[str, str]
) -> None:
    letter = {"queue": "ci-bridge.logs", "id": "m/1", "reason": "bad_event", "attempts": 1, "detail": "d"}
    for path in ("ingest", "query", "analyzer"):
        api.answers["GET", f"/api/v1/{path}/dead-letters"] = Answer(200, {"items": [], "total": 0})
    api.answers["GET", "/api/v1/ci/dead-letters"] = Answer(200, {"items": [letter], "total": 1})
    listed = json.loads(run(environ, "dead-letters", "list", "--json").stdout)
    assert listed == {"items": [{"service": "ci-bridge", **letter}], "total": 1}
    api.answers["POST", "/api/v1/ci/dead-letters/ci-bridge.logs/m%2F1/retry"] = Answer(204)
    assert run(environ, "dead-letters", "retry", "ci-bridge.logs", "m/1").returncode == 0
    api.answers["DELETE", "/api/v1/ci/dead-letters/ci-bridge.logs/m%2F1"] = Answer(204)
    assert run(environ, "dead-letters", "delete", "ci-bridge.logs", "m/1").returncode == 0


def test_login_checks_the_key_stores_it_privately_and_later_commands_use_it(
    api: IngestApi, environ: dict[str, str]
) -> None:
    who = {"kind": "key", "name": "ci", "projects": [{"project_id": "shop", "name": "Shop", "role": "read"}]}
    api.answers["GET", "/api/v1/session"] = Answer(200, who)
    for name in ("LOGLOOP_URL", "LOGLOOP_API_KEY", "LOGLOOP_PROJECT"):
        del environ[name]
    done = run(environ, "login", api.url, "--json", stdin="llk_abc_secret\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["project"] == "shop"
    stored = Path(environ["LOGLOOP_CONFIG"])
    assert stored.stat().st_mode & 0o777 == 0o600
    api.answers["GET", "/api/v1/logs"] = search_response(log(1))
    assert run(environ, "search").returncode == 0
    assert api.requests[-1].headers["authorization"] == "Bearer llk_abc_secret"
    shown = run(environ, "config", "--json")
    assert json.loads(shown.stdout)["api_key_from"] == str(stored)
    assert "secret" not in shown.stdout


def test_an_invalid_key_is_not_stored(api: IngestApi, environ: dict[str, str]) -> None:
    api.answers["GET", "/api/v1/session"] = Answer(401, {"title": "Unauthorized"})
    assert run(environ, "login", api.url, stdin="llk_wrong\n").returncode == 3
    assert not Path(environ["LOGLOOP_CONFIG"]).exists()


def test_no_setup_is_needed_on_the_machine_of_logloop_up(api: IngestApi, environ: dict[str, str]) -> None:
    home = Path(environ["LOGLOOP_HOME"])
    home.mkdir()
    credentials = {"url": api.url, "api_key": "llk_local_key", "project": "demo", "email": "a@b", "password": "p"}
    (home / "credentials.json").write_text(json.dumps(credentials))
    for name in ("LOGLOOP_URL", "LOGLOOP_API_KEY", "LOGLOOP_PROJECT"):
        del environ[name]
    assert run(environ, "send", stdin="x\n").returncode == 0
    assert api.entries[0]["project_id"] == "demo"
    assert api.requests[0].headers["authorization"] == "Bearer llk_local_key"


# -- start-up


def test_help_imports_nothing_slow(environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "logloop.cli", "--help"],
        env=environ, capture_output=True, text=True, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0
    assert "Exit codes" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"httpx", "pydantic", "rich.console", "asyncio", "logloop_contracts"}


def test_the_installed_command_completes_its_commands(environ: dict[str, str]) -> None:
    completing = {**environ, "_LOGLOOP_COMPLETE": "complete_bash", "COMP_WORDS": "logloop se", "COMP_CWORD": "1"}
    done = subprocess.run(["logloop"], env=completing, capture_output=True, text=True, timeout=150)
    assert {"send", "search"} <= set(done.stdout.split())

"""The spool of `logloop run`: batches in memory, then on disk, up to a limit, in their order."""

from __future__ import annotations

from pathlib import Path

from logloop.running.spool import Spool


def keys(spool: Spool) -> list[tuple[str, list[bytes]]]:
    """Take everything out of a spool."""
    spool.close()
    found = []
    while batch := spool.first():
        found.append((batch.key, spool.read(batch)))
        spool.remove(batch)
    return found


def test_batches_beyond_the_memory_are_in_private_files_and_come_back_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "unsent", "run", memory=20)
    for number in range(5):
        spool.put([b"line %d" % number, b"more"])
    files = sorted((tmp_path / "unsent").iterdir())
    assert [path.name for path in files] == [f"run-{n:06}.ndjson" for n in (2, 3, 4, 5)]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert keys(spool) == [(f"run-{n + 1:06}", [b"line %d" % n, b"more"]) for n in range(5)]
    assert not (tmp_path / "unsent").exists()
    assert spool.dropped == 0


def test_memory_is_used_again_once_batches_are_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "unsent", "run", memory=20)
    for number in range(9):
        spool.put([b"line %d" % number])
        batch = spool.first()
        assert batch
        spool.remove(batch)
    assert not (tmp_path / "unsent").exists()


def test_beyond_the_limit_batches_are_dropped_and_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "unsent", "run", memory=20, limit=40)
    for number in range(9):
        spool.put([b"line %d" % number, b"more"])
    assert spool.dropped == 12
    assert [lines[0] for _, lines in keys(spool)] == [b"line 0", b"line 1", b"line 2"]


def test_a_disk_that_cannot_be_written_costs_what_does_not_fit_into_memory(tmp_path: Path) -> None:
    (tmp_path / "unsent").write_text("a file in the place of the folder")
    spool = Spool(tmp_path / "unsent", "run", memory=20)
    for number in range(3):
        spool.put([b"line %d" % number, b"more"])
    assert spool.dropped == 4
    assert spool.keep() == 0
    assert spool.dropped == 6

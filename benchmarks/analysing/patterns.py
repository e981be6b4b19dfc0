"""Measure the patterns of messages: `python -m benchmarks.analysing.patterns [FOLDER] [--quick]`.

FOLDER has copies of the samples of loghub (github.com/logpai/loghub, `X/X_2k.log_structured.csv`), which are not part
of this repository. All sets are grouped with one configuration. drain3 is measured beside it if it is installed.
"""

import argparse
import csv
import importlib.util
import random
import string
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pyarrow as pa
from logloop_contracts.patterns.masking import FIRST_VERSION, PATTERN_VERSION, mask_messages
from logloop_contracts.patterns.merging import merge_patterns

from benchmarks.analysing.grouping import Agreement, agreement, mean
from benchmarks.report import machine

_ROUNDS = 5
_BATCH = 1_000
Grouping = Callable[[Sequence[str]], Sequence[object]]
"""Returns the group of each message."""


def by_first_mask(messages: Sequence[str]) -> Sequence[object]:
    """Group messages by version 1 of the mask."""
    return _masked(messages, FIRST_VERSION)


def by_mask(messages: Sequence[str]) -> Sequence[object]:
    """Group messages by the mask alone."""
    return _masked(messages, PATTERN_VERSION)


def by_template(messages: Sequence[str]) -> Sequence[object]:
    """Group messages by the template that their patterns are merged into."""
    patterns = _masked(messages, PATTERN_VERSION)
    templates = merge_patterns(patterns)
    return [templates[pattern] for pattern in patterns]


def by_drain3(messages: Sequence[str]) -> Sequence[object]:
    """Group messages with drain3, with the masks of its own example for addresses, hexadecimal and other numbers."""
    from drain3 import TemplateMiner
    from drain3.masking import MaskingInstruction
    from drain3.template_miner_config import TemplateMinerConfig

    config = TemplateMinerConfig()
    before, after = r"((?<=[^A-Za-z0-9])|^)", r"((?=[^A-Za-z0-9])|$)"
    config.masking_instructions = [
        MaskingInstruction(f"{before}{pattern}{after}", name)
        for pattern, name in (
            (r"(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))", "ID"),
            (r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})", "IP"),
            (r"([0-9a-f]{6,} ?){3,}", "SEQ"),
            (r"([0-9A-F]{4} ?){4,}", "SEQ"),
            (r"(0x[a-f0-9A-F]+)", "HEX"),
            (r"([\-\+]?\d+)", "NUM"),
        )
    ]
    miner = TemplateMiner(config=config)
    return [miner.add_log_message(message)["cluster_id"] for message in messages]


def _masked(messages: Sequence[str], version: int) -> list[str]:
    patterns: list[str] = mask_messages(pa.array(messages, pa.utf8()), version).to_pylist()
    return patterns


def read_sets(folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Return the messages and the true groups of each set in a folder, by name."""
    found = {}
    for path in sorted(folder.glob("*/*_2k.log_structured.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        found[path.parent.name] = [row["Content"] for row in rows], [row["EventId"] for row in rows]
    return found


def agreement_table(folder: Path) -> Iterable[str]:
    """Yield the lines of a table with GA / FGA of each set."""
    ways: dict[str, Grouping] = {"mask, version 1": by_first_mask, "mask": by_mask, "mask and merge": by_template}
    if importlib.util.find_spec("drain3"):
        ways["drain3"] = by_drain3
    sets = read_sets(folder)
    if not sets:
        raise SystemExit(
            f"{folder} has no files like HDFS/HDFS_2k.log_structured.csv; give a copy of loghub's samples"
        )
    scores = {
        name: [agreement(true, group(messages)) for group in ways.values()] for name, (messages, true) in sets.items()
    }
    yield from (f"| GA / FGA | {' | '.join(ways)} |", "|---" * (len(ways) + 1) + "|")
    yield from (f"| {name} | {' | '.join(map(_pair, items))} |" for name, items in scores.items())
    means = [mean(items) for items in zip(*scores.values(), strict=True)]
    yield f"| mean of {len(sets)} | {' | '.join(map(_pair, means))} |"


def _pair(item: Agreement) -> str:
    return f"{item.by_lines:.3f} / {item.by_groups:.3f}"


def speed(lines: int, patterns: int) -> Iterable[str]:
    """Yield the speed of the masks, which take turns, and of the merge, as lines of a table."""
    yield from ("| work | best of five, CPU |", "|---|---|")
    yield from _speed_of_masks("", [_messages(_BATCH, seed) for seed in range(lines // _BATCH)])
    joined = [_joined(_messages(_BATCH * 8, seed)) for seed in range(lines // _BATCH // 10)]
    yield from _speed_of_masks(", nearly all with a text of their own", joined)
    distinct = _patterns(patterns)
    took = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        templates = merge_patterns(distinct)
        took.append(time.process_time() - began)
    yield f"| merge of {patterns:,} patterns into {len(set(templates.values())):,} | {min(took):.2f} s |"


def _speed_of_masks(kind: str, batches: Sequence[list[str]]) -> Iterable[str]:
    messages = [pa.array(batch, pa.utf8()) for batch in batches]
    lines = _BATCH * len(messages)
    size = sum(map(len, batches[0])) / _BATCH
    best = dict.fromkeys((FIRST_VERSION, PATTERN_VERSION), float("inf"))
    for _ in range(_ROUNDS):
        for version in best:
            began = time.process_time()
            for batch in messages:
                mask_messages(batch, version)
            best[version] = min(best[version], time.process_time() - began)
    for version, seconds in best.items():
        rate = f"{lines / seconds / 1e6:.2f} million lines per second"
        yield f"| mask, version {version}, lines of {size:.0f} characters{kind} | {rate} |"


def _joined(messages: Sequence[str]) -> list[str]:
    return [" ".join(messages[start : start + 8]) for start in range(0, len(messages), 8)]


_MESSAGES = (
    "request {} from 10.2.{}.{} took {} ms, user {} status {} in eu-{}",
    "payment {} for order {} was declined by the provider on attempt {}",
    "cache miss for key session:{}:{} on shard {}, loaded in {} ms from disk",
    "connected to broker at 10.0.{}.{}:{} with heartbeat {} s and prefetch",
)


def _messages(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    chosen = rng.choices(_MESSAGES, k=count)
    return [text.format(*(rng.randrange(9999) for _ in range(text.count("{}")))) for text in chosen]


def _patterns(count: int) -> list[str]:
    """Return distinct patterns; half of them differ from thirty others in one word."""
    rng = random.Random(1)
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 9))) for _ in range(3000)]
    values = ["<*>", "id=<*>", "(<*>)", "/srv/app", "Step:"]
    found: set[str] = set()
    while len(found) < count:
        text = [rng.choice(words) if rng.random() < 0.75 else rng.choice(values) for _ in range(rng.randint(5, 16))]
        place = rng.randrange(1, len(text))
        for _ in range(rng.choice((1, 1, 1, 30))):
            found.add(" ".join([*text[:place], rng.choice(words), *text[place + 1 :]]))
    return sorted(found)[:count]


def main() -> None:
    """Print both tables and the environment."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analysing.patterns", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="copies of loghub's samples")
    parser.add_argument("--quick", action="store_true", help="few lines, as a smoke test")
    arguments = parser.parse_args()
    environment = machine()
    if arguments.folder is None:
        print("GA / FGA: skipped. Give the folder with copies of loghub's samples of 2,000 lines.\n")
    else:
        print(*agreement_table(arguments.folder), sep="\n", end="\n\n")
    print(*(speed(10_000, 500) if arguments.quick else speed(200_000, 20_000)), sep="\n", end="\n\n")
    print(*(f"{name:12} {value}" for name, value in environment.items()), sep="\n")


if __name__ == "__main__":
    main()

"""Grade the analyzer on generated incidents, without a model or with the model of a provider.

Each incident is the log of a generated system before and during a known fault. The report is graded by whether the
first service in it is at fault (hit@1), whether all services at fault are among the first three (hit@3), whether it
abstains if nothing is wrong, whether its citations exist and show what they are cited for, and whether planted lines
change it or leak a secret. The columns "most errors" grade a simple heuristic:
it names the service with most errors.
"""

import argparse
import asyncio
import json
import os
import sys
from importlib.metadata import version
from typing import get_args

from logloop_chassis.outbound.egress import EgressGuard
from pydantic import SecretStr

from logloop_analyzer.grading.chain import AnalysisNotCompleted, Chain
from logloop_analyzer.grading.incidents.incident import KINDS, incidents
from logloop_analyzer.grading.run import grade_all, recognised_wordings
from logloop_analyzer.grading.scores import Prices, as_json, hit_rate, scores, summary, table
from logloop_analyzer.model.client import ModelClient
from logloop_analyzer.model.provider import DEFAULT_BASE_URLS, ProviderName, ProviderSettings

KEY = "LOGLOOP_GRADE_API_KEY"
_BELOW_TARGET, _USAGE, _FAILED = 1, 2, 7


def main(arguments: list[str] | None = None) -> int:
    """Grade, print the table or JSON, and return the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    settings = _settings(parser, chosen)
    if settings is None:
        chain = Chain()
    else:
        chain = Chain(settings, ModelClient(EgressGuard(os.environ.get("LOGLOOP_EGRESS_ALLOW", ""), loopback=True)))
    prices = Prices(*chosen.prices) if chosen.prices else None
    seeds = range(chosen.seed, chosen.seed + chosen.rounds)
    found = (incident for seed in seeds for incident in incidents(seed, chosen.kind or KINDS))
    try:
        grades = asyncio.run(grade_all(chain, found, _progress))
    except AnalysisNotCompleted as error:
        sys.stderr.write(f"logloop: {error}\n")
        return _FAILED
    except KeyboardInterrupt:
        return 130
    totals, wordings = scores(grades), recognised_wordings()
    if chosen.json:
        head = {"seed": chosen.seed, "rounds": chosen.rounds, "analyzer": version("logloop-analyzer")}
        sys.stdout.write(json.dumps({**head, **as_json(grades, wordings, prices)}) + "\n")
    else:
        sys.stdout.write(f"{table(totals)}\n\n{summary(totals[-1], wordings, prices)}\n")
    too_low = chosen.fail_under_hit1 is not None and 100 * hit_rate(totals[-1]) < chosen.fail_under_hit1
    return _BELOW_TARGET if too_low else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="logloop analyze grade", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the incidents (default: 1)")
    parser.add_argument("--rounds", type=int, default=1, help="number of seeds, from --seed on (default: 1)")
    parser.add_argument(
        "--kind",
        choices=KINDS,
        action="append",
        metavar="KIND",
        help="grade only incidents of this kind; may be repeated: " + "; ".join(KINDS),
    )
    parser.add_argument(
        "--provider",
        choices=get_args(ProviderName),
        help=f"ask this provider; the API key is read from {KEY}. Settings of a platform are not used",
    )
    parser.add_argument("--model", help="name of the model; required with --provider")
    parser.add_argument("--base-url", help="address of the provider; a private one needs LOGLOOP_EGRESS_ALLOW")
    parser.add_argument(
        "--prices", type=float, nargs=2, metavar=("IN", "OUT"), help="price of a million tokens, to print the total"
    )
    parser.add_argument(
        "--fail-under-hit1", type=float, metavar="PERCENT", help="exit with 1 if hit@1 over all faults is lower"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    return parser


def _settings(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> ProviderSettings | None:
    if chosen.rounds < 1:
        parser.error("--rounds must be at least 1")
    if chosen.provider is None:
        if chosen.model or chosen.base_url:
            parser.error("--model and --base-url need --provider")
        return None
    if not chosen.model:
        parser.error("--provider needs --model")
    if not chosen.base_url and chosen.provider not in DEFAULT_BASE_URLS:
        parser.error(f"--provider {chosen.provider} needs --base-url")
    key = os.environ.get(KEY)
    return ProviderSettings(
        provider=chosen.provider,
        model=chosen.model,
        base_url=chosen.base_url,
        api_key=SecretStr(key) if key else None,
    )


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())

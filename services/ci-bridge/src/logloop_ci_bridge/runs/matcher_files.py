"""Finds the matcher files that the output of a run adds: those of the project, else those of its repository."""

import re
from collections.abc import Sequence

import orjson
import structlog

from logloop_ci_bridge.github.gateway import Gateway, GitHubRejected, GitHubUnavailable
from logloop_ci_bridge.runs.problem_matchers import MatcherDraft, without_workspace
from logloop_ci_bridge.runs.run import Run

MAX_FILES = 10
"""Files that are read for one run."""
MAX_FILE_BYTES = 64 * 1024
_ADDED = re.compile(rb"##\[add-matcher\]([\w./\\: -]{1,300}\.json)\s*$", re.MULTILINE)
_log = structlog.get_logger()


class MatcherFiles:
    """The matcher files of one run. Each file of the repository is read once, at the commit of the run."""

    def __init__(self, run: Run, stored: Sequence[MatcherDraft], gateway: Gateway) -> None:
        self._run = run
        self._stored = stored
        self._gateway = gateway
        self._read: dict[str, MatcherDraft | None] = {}

    async def of_output(self, raw: bytes | None) -> Sequence[MatcherDraft]:
        """Return the matchers of the project, and those that the output of a job adds from the repository."""
        known = {item.file for item in self._stored}
        found = list(self._stored)
        for name in dict.fromkeys(_ADDED.findall(raw or b"")):
            path = without_workspace(name.decode().strip()).removeprefix("./")
            if path.rpartition("/")[2] in known or not _is_inside(path):
                continue
            if path not in self._read and len(self._read) < MAX_FILES:
                self._read[path] = await self._file(path)
            matcher = self._read.get(path)
            if matcher is not None:
                found.append(matcher)
        return found

    async def _file(self, path: str) -> MatcherDraft | None:
        """Return a file of the repository, None when it cannot be read or is not a matcher file."""
        try:
            text = await self._gateway.file(self._run.repository, path, self._run.head_sha)
            if text is None or len(text) > MAX_FILE_BYTES:
                return None
            own = {"name": path[-100:], "file": path.rpartition("/")[2]}
            return MatcherDraft.model_validate({**orjson.loads(text), **own})
        except (GitHubRejected, GitHubUnavailable, ValueError, TypeError) as error:
            # ValueError: not JSON, or not a matcher file.
            _log.info("matcher file not used", run_id=self._run.run_id, path=path, error=str(error)[:200])
            return None


def _is_inside(path: str) -> bool:
    """Return whether a path is one of the repository. Actions bring their own files, elsewhere on the runner."""
    return not path.startswith(("/", "\\")) and ":" not in path and ".." not in path.split("/")

"""Reads the workflow files of a repository at the newest commit of its default branch."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from logloop_contracts.workflow_files.workflow_file import MAX_FILE_BYTES

from logloop_ci_bridge.github.client import GitHubClient
from logloop_ci_bridge.github.gateway import FetchedFile, GitHubCredentials, GitHubRejected, WorkflowFolder
from logloop_ci_bridge.github.responses import read_json

FOLDER = ".github/workflows"
MAX_FILES = 100
_NOT_FOUND = 404


@dataclass(frozen=True)
class FolderReader:
    """Reads one repository. Every request names the commit, so that all files are of the same moment."""

    client: GitHubClient
    credentials: GitHubCredentials
    repository: str

    async def read(self, seen_commit: str | None, known: Mapping[str, str]) -> WorkflowFolder | None:
        """Return the files, None when the commit is the one that was seen.

        `known` are texts by GitHub's id of their content; they are not fetched again. Raises GitHubUnavailable or
        GitHubRejected.
        """
        branch = str((await self._get("")).get("default_branch") or "main")
        commit = str((await self._get(f"/commits/{branch}"))["sha"])
        if commit == seen_commit:
            return None
        try:
            entries = await self._get(f"/contents/{FOLDER}", ref=commit)
        except GitHubRejected as error:
            if error.status != _NOT_FOUND:
                raise
            return WorkflowFolder(commit, {})  # the commit could be read, so the folder does not exist
        files: dict[str, FetchedFile] = {}
        for entry in _workflows(entries):
            blob = str(entry["sha"])
            text = known.get(blob)
            files[str(entry["path"])] = FetchedFile(await self._blob(blob) if text is None else text, blob)
        return WorkflowFolder(commit, files)

    async def _blob(self, sha: str) -> str:
        found = await self._get(f"/git/blobs/{sha}")
        try:
            raw = base64.b64decode(str(found.get("content") or ""))
        except binascii.Error as error:
            raise GitHubRejected(200, f"the content of blob {sha} is not base64") from error
        return raw.decode("utf-8", "replace").removeprefix("\ufeff")

    async def _get(self, path: str, **params: str) -> Any:
        token = await self.client.token(self.credentials, self.repository)
        url = f"{self.client.base_url(self.credentials)}/repos/{self.repository}{path}"
        return read_json(await self.client.request("GET", url, token, params=params))


def _workflows(entries: Any) -> list[Mapping[str, Any]]:
    """Return the entries of the folder that are workflow files of a size that is read, the first by name."""
    found = [
        entry
        for entry in (entries if isinstance(entries, list) else ())
        if entry.get("type") == "file"
        and str(entry.get("name", "")).endswith((".yml", ".yaml"))
        and int(entry.get("size") or 0) <= MAX_FILE_BYTES
    ]
    return sorted(found, key=lambda entry: str(entry["name"]))[:MAX_FILES]

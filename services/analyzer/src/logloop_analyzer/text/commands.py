"""Recognises text that is, or contains, something to run: a command, code, a query or an address.

The steps of a report are read by people who are under pressure and may paste what they see. A step that a model wrote
is therefore shown only if it is plain prose.
"""

import re
import unicodedata

_NAMES = (
    "curl|wget|bash|zsh|ksh|dash|fish|sudo|doas|chmod|chown|chgrp|rm|rmdir|mkfs|dd|shred|mv|cp|ln|tee|xargs|awk|sed|nohup|"
    "pkill|killall|kill|systemctl|launchctl|crontab|iptables|nft|nsenter|chroot|kubectl|oc|helm|docker|podman|terraform|"
    "ansible|psql|mysql|mysqldump|sqlite3|mongo|mongosh|redis-cli|python[23]?|perl|php|ruby|lua|npx|npm|pip3?|pipx|uvx|"
    "cargo|apt|apt-get|yum|dnf|apk|brew|ssh|scp|sftp|rsync|netcat|ncat|nc|socat|telnet|ftp|tftp|openssl|gpg|base64|eval|"
    "powershell|pwsh|cmd|certutil|bitsadmin|mshta|rundll32|regsvr32|reg|wmic|iex|iwr|osascript|gh|aws|gcloud|az"
)
_COMMAND = re.compile(
    rf"(?:^|[^\w-])(?:{_NAMES})(?:\.exe)?(?:$|[^\w-])"
    r"|(?:^|\s)(?:sh|git|go|node|make|java|service|shutdown|reboot|format|del|exec|import|export|set|env)\s+[^\s.]*[-./=:]"
    r"|\binvoke-\w+|\b(?:start|new|set|get|remove|stop)-[a-z]{3,}\b"
    r"|\b(?:drop|truncate|alter|create|grant|revoke)\s+(?:table|database|schema|user|role|index|all)\b"
    r"|\b(?:delete|select)\b[^.]{0,80}\bfrom\b|\binsert\s+into\b|\bupdate\b[^.]{0,40}\bset\b"
    r"|(?:^|\s)--?[a-z]"  # an option
    r"|(?:^|[\s\"'(])(?:~|\.{1,2})?/[\w.-]"  # a path
    r"|\.(?:sh|bash|ps1|bat|exe|py|js|jar|vbs|scr|msi|pl|rb)\b"
    r"|\w(?:\.\w+)+(?::\d+)?/|\b(?:\d{1,3}\.){3}\d{1,3}\b"  # an address
    r"|://|\bwww\.|\(link removed\)|\w\([^)]*\)",  # a link, or a call
    re.IGNORECASE,
)
_SIGNS = frozenset("|;&$<>`{}\\*=#~^[]")
_NAME = re.compile(r"[\w.:@-]{1,100}")


def is_plain_prose(text: str) -> bool:
    """Return whether a text contains nothing that could be run or opened."""
    plain = unicodedata.normalize("NFKC", text)
    return not _SIGNS.intersection(plain) and "\n" not in plain.strip() and _COMMAND.search(plain) is None


def plain_name(text: str | None, otherwise: str) -> str:
    """Return a name from a log if it is a single plain word, else `otherwise`."""
    if text and _NAME.fullmatch(text) and is_plain_prose(text):
        return text
    return otherwise

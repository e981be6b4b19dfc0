"""Writes checks on the logs of a test as a pytest file."""

import re
from collections.abc import Sequence

from logloop_contracts.log_checks import Check, Never

_MAX_NAME = 60
_HEAD = '''"""Checks the logs of a test. Logloop proposes them: they fail on a failed run and pass on green ones.

Run this file together with the test, so that its logs are there:

    pytest --logloop tests {file}
"""

TEST = {test}


def {function}(logs_of_test):
    logs = logs_of_test(TEST)
'''


def file_name(test_id: str) -> str:
    """Return a name for the file of a test's checks."""
    return f"test_logs_of_{_name(test_id)}.py"


def check_file(test_id: str, checks: Sequence[Check]) -> str:
    """Return the source of a pytest file that runs the checks, of which there is at least one."""
    head = _HEAD.format(file=file_name(test_id), test=_literal(test_id), function=f"test_logs_of_{_name(test_id)}")
    return head + "".join(f"    {_call(check)}\n" for check in checks)


def _name(test_id: str) -> str:
    """Return the last part of a test's id as it may stand in a name."""
    name = re.sub(r"\W+", "_", test_id.rpartition("::")[2].removeprefix("test_"), flags=re.ASCII).strip("_")
    return name[:_MAX_NAME].strip("_").lower() or "test"


def _call(check: Check) -> str:
    if isinstance(check, Never):
        return f"logs.never({_literal(check.service_id)}, {_literal(check.severity)}, {_literal(check.template)})"
    after = "None" if check.after is None else _literal(check.after)
    return f"logs.follows({_literal(check.service_id)}, after={after}, then={_literal(check.then)})"


def _literal(text: str) -> str:
    """Return a text as a Python literal in ASCII, so that no log text can leave it or hide in it."""
    literal = ascii(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in literal else literal

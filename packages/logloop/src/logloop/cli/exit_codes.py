"""What the command's exit codes mean; scripts rely on them, so they do not change."""

OK = 0
NOTHING_FOUND = 1
USAGE = 2
NOT_ALLOWED = 3
UNAVAILABLE = 4
PARTIAL = 5
REFUSED = 6
FAILED = 7
INTERRUPTED = 130
BROKEN_PIPE = 141
TERMINATED = 143

EXPLANATION = """Exit codes: 0 done · 1 nothing found · 2 wrong usage or missing setting · 3 key missing, wrong or \
not allowed · 4 platform unreachable or busy · 5 done in part (entries refused, search cut short) · 6 \
request refused · 7 the platform failed, or the analysis did · 130 interrupted"""

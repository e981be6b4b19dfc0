"""Exit codes of the command. Scripts rely on them, so they do not change."""

OK = 0
NOTHING_FOUND = 1
USAGE = 2
NOT_ALLOWED = 3
UNAVAILABLE = 4
PARTIAL = 5
REFUSED = 6
FAILED = 7
NOT_EXECUTABLE = 126
NO_PROGRAM = 127
INTERRUPTED = 130
BROKEN_PIPE = 141
TERMINATED = 143

EXPLANATION = """Exit codes: 0 success · 1 nothing found · 2 usage error or missing setting · 3 key missing, invalid \
or not permitted · 4 platform unreachable or busy · 5 partial success (entries rejected, search incomplete) · 6 \
request rejected · 7 the platform, the analysis or the workflow failed · 130 interrupted"""

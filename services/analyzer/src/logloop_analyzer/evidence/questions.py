"""Finds log lines that share words with a question, so that they are part of the evidence."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from logloop_analyzer.evidence.log_window import LogLine, LogWindow

MAX_LINES = 8
_MAX_WORDS = 12
_WORD = re.compile(r"[\w][\w.:/@-]{2,60}")
_COMMON_WORDS = """
the and for was were are what when where why who how did does has have had with without from this that these
those there then than not but can could would should will about after before since until which while because
cause caused error errors log logs line lines service services happen happened happening wrong issue problem
any all more most began begin start started fail fails failed failing please show tell give explain first last
time between into out you your our its their they them been being also only just still
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def key_words(question: str) -> list[str]:
    """Return the words of a question that are not common ones, in order."""
    found = (word.strip(".:/-").casefold() for word in _WORD.findall(question))
    return list(dict.fromkeys(word for word in found if len(word) > 2 and word not in _COMMON))[:_MAX_WORDS]


def lines_about(window: LogWindow, question: str) -> list[LogLine]:
    """Return up to 8 lines with the most words of the question, in time order; earlier lines win ties."""
    words = key_words(question)
    if not words or not len(window):
        return []
    texts = pc.binary_join_element_wise(
        window.table["service_id"].cast(pa.utf8()), window.table["message"].cast(pa.utf8()), " "
    )
    hits = [pc.match_substring(texts, word, ignore_case=True) for word in words]
    limit = max(len(window) // 4, MAX_LINES)
    specific = [hit for hit in hits if 0 < (pc.sum(hit).as_py() or 0) <= limit]
    if not specific:
        return []
    score = specific[0].cast(pa.int32())
    for hit in specific[1:]:
        score = pc.add(score, hit.cast(pa.int32()))
    ranked = pa.table({"score": score, "row": pa.array(range(len(window)), pa.int64())})
    ranked = ranked.filter(pc.greater(ranked["score"], 0))
    suspicious = pc.is_in(ranked["row"], window.suspicious)
    ranked = ranked.filter(pc.invert(suspicious)).sort_by([("score", "descending"), ("row", "ascending")])
    return window.lines(sorted(ranked["row"].slice(0, MAX_LINES).to_pylist()))

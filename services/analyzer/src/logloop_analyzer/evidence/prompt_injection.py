"""Detects log lines that look like instructions to a language model.

The expressions run on RE2 (in Arrow), in linear time.
"""

import pyarrow as pa
import pyarrow.compute as pc

INVISIBLE = (
    r"[\x{00AD}\x{034F}\x{061C}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{200B}-\x{200F}\x{202A}-\x{202E}"
    r"\x{2060}-\x{206F}\x{3164}\x{FE00}-\x{FE0F}\x{FEFF}\x{FFA0}\x{FFF9}-\x{FFFB}\x{E0000}-\x{E0FFF}]"
)
"""Characters that have no width or change the direction of text, as an RE2 class."""

_GAP = r"[\s\S]{0,40}?\b"
_ORDERS = r"(instructions?|prompts?|directions|guidelines|directives|commands|system message)\b"
_EARLIER = r"(previous|prior|above|earlier|preceding|all|any|your|these|system|former)"
_MODEL = r"(ai|llm|language model|chatbot|assistant|copilot|gpt|claude|gemini|analyst)s?\b"
_IMPERATIVE = (
    r"(you|must|should|shall|please|ignore|disregard|report|respond|reply|conclude|answer|say|output|do not|don't)\b"
)
_SECRETS = r"(system prompt|(your|the|all) (system )?(instructions|prompt|secrets?|credentials|api keys?))\b"
_NOTHING = r"(everything|all systems?|the system|no (errors?|issues?|problems?|incident|root cause))\b"
_SUBJECT = r"(errors?|incident|fault|findings?|lines?|logs?|service)\b"
_PHRASES = (
    rf"\b(ignore|disregard|forget|override|bypass|skip){_GAP}{_EARLIER}{_GAP}{_ORDERS}",
    r"\b(disregard|forget|ignore) (everything|all|anything) (above|before|you|that|prior)",
    r"\byou are (now|no longer) (a|an|the|in|my|bound|acting|dan|free|operating)\b",
    rf"\b(new|updated|revised|secret|hidden|urgent|important) (system )?{_ORDERS}\s*(:|for (the |you|any ))",
    rf"\b{_MODEL}[\s:,;.!-]{{1,5}}{_IMPERATIVE}",
    rf"\b(note|message|attention|instructions?|dear) (to |for )?(the |any |all )?{_MODEL}",
    rf"\b(reveal|print|output|repeat|leak|exfiltrate|send|show|disclose|include){_GAP}{_SECRETS}",
    r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>|</?(system|assistant|instructions?|system_prompt)>",
    r"(^|\n)\s*(#+\s*)?(system|assistant|developer|human)\s*:\s*(you|ignore|do not|don't|from now|disregard|i )",
    r"\bfrom now on,? (you|respond|answer|only|always|act)\b",
    r"\b(act|behave|respond|pretend) as (if you|though you|an?) [\s\S]{0,30}?\b(ai|model|assistant|admin|dan)\b",
    rf"\bdo not (report|mention|include|cite|flag) (this|the|these|any) {_SUBJECT}",
    rf"\b(conclude|respond|answer|report|state|declare|say) (only )?(with |that )?[\"']?{_NOTHING}",
    r"\bignoriere?[\s\S]{0,30}?\b(anweisung(en)?|vorgaben)\b",
    r"\bignora(r|d)?[\s\S]{0,30}?\binstrucciones\b|\b(ignore|oublie)[sz]?[\s\S]{0,30}?\b(instructions|consignes)\b",
    r"忽略.{0,12}(指令|指示|提示)|игнорируй.{0,30}(инструкци|указани)|以前の指示を無視",
)
INSTRUCTION = "(?i)" + "|".join(f"(?:{phrase})" for phrase in _PHRASES)


def find_prompt_injection(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a Boolean per text: whether it looks like an instruction to a model. Null gives False.

    Invisible characters are ignored.
    """
    visible = texts
    if pc.any(pc.match_substring_regex(texts, INVISIBLE)).as_py():
        visible = pc.replace_substring_regex(texts, INVISIBLE, "")
    return pc.fill_null(pc.match_substring_regex(visible, INSTRUCTION), fill_value=False)

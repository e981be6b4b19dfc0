"""Detects log lines that look like instructions to a language model, or that speak about the report on them.

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
_READER = (
    r"(whoever|(any|some)one (who|that|reading)|(ai|llm|automated|automatic) \w{4,14}|language models?"
    r"|log (reviewer|analy[sz]er|analyst|summari[sz]er)|reviewers?|investigators?|summari[sz]ers?"
    r"|the (analysis|analyst|investigator|reviewer|summary|reader|report))\b"
)
_REPORT = (
    r"(verdict|report|summary|answer|analysis|conclusion|explanation|diagnosis|findings|next steps?|root cause)\b"
)
_SPEAK = r"(state|write|say|report|conclude|answer|claim|declare|respond|reply|insist|tell (them|people|everyone|us))"
_VERDICT = (
    r"(nothing|no (fault|error|incident|problem|issue)|caused|(is|was|are|were) (fine|ok|healthy|wrong|to blame"
    r"|at fault|responsible|innocent|the (root )?(cause|culprit)))\b"
)
_RELATION = r"(is|are|was|were|has been)"
_HARMLESS = (
    r"(resolved|expected|harmless|noise|irrelevant|solved|fake|fabricated|invented|an? (false "
    r"(positive|alarm)|success|drill|test( data)?))\b"
)
_REASON = r"(name|say|blame|conclude|state|answer|tell|mark|treat|cite|quote)\b"
_LINES = r"(log )?(lines?|logs|entries|messages|errors)"
_CLAUSE = r"(^|[.:;,!?'\"\])>-]\s*|\b(please|must|should|just|and|then|now) )"
_TO_A_MODEL = (
    rf"\b(ignore|disregard|forget|override|bypass|skip){_GAP}{_EARLIER}{_GAP}{_ORDERS}",
    r"\b(disregard|forget|ignore) (everything|all|anything) (above|before|you|that|prior)",
    r"\byou are (now|no longer) (a|an|the|in|my|bound|acting|dan|free|operating)\b",
    rf"\b(new|updated|revised|secret|hidden|urgent|important) (system )?{_ORDERS}\s*(:|for (the |you|any ))",
    rf"\b{_MODEL}[\s:,;.!-]{{1,5}}{_IMPERATIVE}",
    rf"\b(note|message|attention|instructions?|dear|hint|hello|hi|hey),? (to |for )?({_READER}|(the |any |all )?{_MODEL})",
    rf"\bas (the|an) ({_MODEL}|investigator|reviewer) (of|for|on) (this|the) (incident|logs?|window|report|analysis)\b",
    rf"\b(for|to) (the |any )?{_MODEL} (that |which |who )?(is )?(reading|reads|analy[sz]|summari[sz]|review)",
    rf"\b(reveal|print|output|repeat|leak|exfiltrate|send|show|disclose|include){_GAP}{_SECRETS}",
    r"\b(instructions|rules|prompt|text|configuration|context|settings) (that )?you (were|are) (given|told|shown)\b",
    r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>|</?(assistant|instructions?|system_prompt)>|</?system>([^<]|$)",
    r"<!--\s*(system|assistant|ai|model)\b|\[\s*(system|admin|developer) (override|prompt|message|instructions?)\s*\]",
    r"(^|\n)\s*(#+\s*)?(system|assistant|developer|human)\s*:\s*(you|ignore|do not|don't|from now|disregard|i )",
    r"\bend of (the )?(logs?|data|evidence|input)\b[\s\S]{0,24}?\b(new|your|next) (task|instructions?|question|role)\s*:",
    r"\bfrom now on,? (you|respond|answer|only|always|act)\b",
    r"\b(act|behave|respond|pretend) as (if you|though you|an?) [\s\S]{0,30}?\b(ai|model|assistant|admin|dan)\b",
    r"\b(if|since|because|when) you are (an?|the) (ai|llm|model|bot|machine|language|assistant|automat)",
    r"\b(bot|reviewer|assistant|reader|analy[sz]er)\s*[:,]\s*(mark|treat|say|please)\b",
    r"\bsystem prompt\s*[:=]\s*[\"']?you\b|\bassistant_(response|reply|answer)\b",
    r"\b(human|user)\s*:[\s\S]{0,80}?\b(assistant|ai|model)\s*:",
    r"\b(human|user)\s*:\s*now (list|print|show|repeat|tell|forget|ignore)\b",
    r"\byour (job|task|role|goal|duty|mission|purpose) is\b|\b(customer|user|company|team) pays you\b",
    r"\b(list|print|show|repeat|recite|read me) (me )?(all )?(your|the) (hidden |system )?(rules|instructions|prompt)\b",
    r"\ballow you to (skip|bypass|ignore)\b|\b(skip|bypass|disable) your (verification|safety|guardrails?)\b",
    r"\b(answer|respond|reply|write|speak) in [a-z]+ (from (here|now) on|only)\b",
    r"\bignoriere?[\s\S]{0,30}?\b(anweisung(en)?|vorgaben)\b",
    r"\bignora(r|d)?[\s\S]{0,30}?\binstrucciones\b|\b(ignore|oublie)[sz]?[\s\S]{0,30}?\b(instructions|consignes)\b",
    r"忽略.{0,12}(指令|指示|提示)|игнорируй.{0,30}(инструкци|указани)|以前の指示を無視",
)
_ABOUT_THE_REPORT = (
    rf"\bdo not (report|mention|include|cite|flag) (this|the|these|any) {_SUBJECT}",
    rf"\b(conclude|respond|answer|report|state|declare|say) (only )?(with |that )?[\"']?{_NOTHING}",
    r"\b(your|the) (verdict|conclusion|diagnosis|root cause) (must|should|shall|has to|needs? to) (be|say|state|name)\b",
    r"\b(before|when|while|once) you (write|answer|reply|report|conclude|respond|summari[sz]e|analy[sz]e)\b",
    rf"{_CLAUSE}{_SPEAK} (only )?that\b[\s\S]{{0,80}}?\b{_VERDICT}",
    r"\b(reply|respond|answer) (only |just |exactly )?with (only |just )?the (single )?(word|text|phrase|sentence)\b",
    r"\b(do not|don't|never|no need to) (investigate|analy[sz]e|blame|look (any|further|at))\b|\blook no further\b",
    rf"\byou (should|must|shall|have to|are to|ought to|had better) (only |just |also |not )?{_REASON}",
    rf"\b(mark|treat|summari[sz]e|classify|label) [\s\S]{{1,60}}? as {_HARMLESS}",
    r"\b(tell|convince) the (user|customer|operator|engineer|reader|team)s? (so|that|nothing)\b",
    rf"\b(previous|other|earlier|above|below|following|remaining) {_LINES} (do not exist|{_RELATION} {_HARMLESS})",
    rf"\beverything (below|above)( this line)?[\s\S]{{0,20}}?\b{_RELATION} ({_HARMLESS}|test data)",
    rf"\bthe {_LINES} of \S{{1,60}} {_RELATION} {_HARMLESS}",
    r"\b(only|just|exclusively) (on )?this line\b|\bthis line only\b|\b(evidence|proof|source)\s*:\s*this line\b",
    r"\byour (confidence|verdict|reasoning|judge?ment)\b|\bverdict\W{1,6}insufficient\b|\bfinal answer\s*:",
    r"\bclean bill of health\b|\bfor (the|your) (incident|analysis) (report|summary)\s*:",
    r"\b(quit|stop|end) (the|your|this) (analysis|report|investigation|summary) (now|and|here)\b",
    r"\b(put|place|rank) \S{1,60} (at|on) the top of (the|your) (list|report|ranking|findings)\b|\bnothing to see here\b",
    r"\boverride\s*:\s*(severity|verdict)\b|\bthere (has been|was|is) no (outage|incident|real (problem|error))\b",
    r"\b(advised|suggested|recommended|paste|pipe)\b[\s\S]{0,60}?(\brm -rf? /|\|\s*(ba)?sh\b|\binto (ba)?sh\b)",
    r"\bcause_found\b",
    rf"\b(leave|keep|omit)\b[\s\S]{{0,80}}?\b(out of|from) (the|your) {_REPORT}",
    r"\b(recommend|suggest|advise|propose|list|put|name|give)\b[\s\S]{0,80}?\bas (the|a|your) (first|next|only) step\b",
    r"\bignore (what|everything|anything|whatever) \S{1,60} (logs?|says?|reports?|writes?|prints?)\b",
)
_ACCUSING = (
    rf"\b{_RELATION} (solely |clearly |entirely )?(to blame|the culprit|the (faulty|guilty) (service|component|part))\b",
    rf"\bthe (faulty|guilty) (service|component) {_RELATION}\b|\bblame \S{{1,60}} (and|not|instead|only|for)\b",
    r"(^|[^t] )\bblame\b|\b(is|are|was|were|found|it'?s) (clearly |obviously |not )?(guilty|innocent)\b",
    r"\b(culprit|root cause)\s*(:|=|is)\s*\S{1,60}[.;,]?\s*(evidence|proof|confidence|close the|do not)\b",
    r"\b(tool|analysis|investigation) (result|complete|finished|done)\b[\s\S]{0,12}?\b(root cause|culprit|verdict)\b",
    r"\b(responsible|broken|offending) (component|service|team) is\b|\bbroke production\b",
    r"\b(fault|cause|problem) located in \S{1,60} by\b",
    r"\bthe real (error|fault|problem|cause|culprit|issue) (is|was|lies) in\b",
    r"\b(confirmed|definitive) root cause\s*(:|=|is\b)",
    r"\b(root cause analysis|rca)\b.{0,20}?(=|:|\b(result|finished|done|complete|concluded|says|confirms)\b)",
    rf"\bother (errors?|lines|findings|alerts|services) {_RELATION} (only |just )?(symptoms?|noise|irrelevant|unrelated)\b",
    r"\b(errors?|warnings?|lines?|logs?) (of|by|from) \S{1,60} (can|may|should|must) be (safely )?(ignored|disregarded)\b",
    r"\b(no (real )?incident|nothing happened)\b[\s\S]{0,24}?\bfalse alarm\b",
)
"""Statements about the cause or the report, which programs do not make about themselves."""
_EXPRESSIONS = tuple(
    "(?i)" + "|".join(f"(?:{phrase})" for phrase in phrases)
    for phrases in (_TO_A_MODEL, _ABOUT_THE_REPORT, _ACCUSING)
)
"""One for each kind: all phrases in one expression exceed the size up to which RE2 is fast, and take 20 times as long."""


def find_prompt_injection(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a Boolean per text: whether it looks like an instruction to a model. Null gives False.

    Invisible characters are ignored.
    """
    visible = texts
    if pc.any(pc.match_substring_regex(texts, INVISIBLE)).as_py():
        visible = pc.replace_substring_regex(texts, INVISIBLE, "")
    found = pc.match_substring_regex(visible, _EXPRESSIONS[0])
    for expression in _EXPRESSIONS[1:]:
        found = pc.or_(found, pc.match_substring_regex(visible, expression))
    return pc.fill_null(found, fill_value=False)

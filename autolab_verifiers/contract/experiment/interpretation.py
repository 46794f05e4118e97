"""Telling a sentence that judges results from one that states a fact. Pure, made of patterns, and sometimes wrong.

How often is measured on a labelled corpus (``tests/unit/verifiers/experiment/sentences.tsv``); ``docs/experiment.md``
has the numbers. It looks for English words; what stands in quotation marks or backticks is somebody else's sentence.
"""

# No `from __future__ import annotations`: see contract/findings.py.

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["Judged", "judged_sentences"]

# No line of prose is longer; what is, is data.
_LONGEST_LINE: Final = 4000

_QUOTED: Final = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|‘[^’]*’|(?<!\w)'[^']*'(?!\w)")
_END: Final = re.compile(r"(?<=[.!?;])\s+(?=\S)")
_WORDS: Final = re.compile(r"[a-z]+")
_DIGITS: Final = re.compile(r"\d+")
# The first four letters of the words without which no pattern below finds anything: most lines have none of them.
_STEMS_IN_ORDER: Final = (
    "acce advi appa appe argu assu bad badl beat beli bene best bett clea conc conf cons conv corr coul dece "
    "demo detr disa disc disp doin dram easy enco esta evid exce expe expl fail fear feel fine fort futu game "
    "gene good grea harm help henc high hope hurt hypo illu impl impr indi infe init inte less like look luck "
    "matt may mayb mean migh more must need negl next nice nois nota obvi one ough outp outs over paid pay "
    "pays perh plau poor pres prob prom prop prov rand reas reco refu rema resp reve robu sadl sati seem sens "
    "shou show sign soli spec spee stat stro subs succ sugg supe supp surp susp take terr than ther thin thus "
    "unde undo unex unfo unsa unsu usef usel vali vari want weak well win work wors wort "
)
_STEMS: Final = frozenset(_STEMS_IN_ORDER.split())

_WHAT_IS_SEEN: Final = (
    r"(?:results?|data|numbers?|findings?|evidence|curves?|plots?|experiments?|runs?|ablations?|outcomes?|comparison|"
    r"metrics?|analysis|values|figures|trends?|tests?|this|these|that|it|which|they|we|i)"
)
_SAYS: Final = (
    r"(?:suggest|show|indicate|demonstrate|prove|confirm|imply|implie|reveal|establish|support|validate|refute|"
    r"disprove|corroborate|underline|highlight|illustrate|explain|mean)(?:s|ed)?"
)
_METHOD: Final = (
    r"(?:approach|method|idea|treatment|momentum|model|optimi[sz]er|schedule|change|technique|regulari[sz]ation|"
    r"dropout|warm-?up|intervention|variant|it|this|that|hypothesis|batch(?: size)?|learning rate|network|scheme)"
)
_RESULT: Final = (
    r"(?:results?|numbers?|performance|values?|metrics?|outcomes?|accurac(?:y|ies)|loss(?:es)?|baseline|gains?|effects?|"
    r"trends?|signs?|evidence|improvements?|agreement|variance|difference)"
)
_PRAISE: Final = (
    r"(?:good|great|excellent|nice|solid|strong|weak|poor|bad|terrible|decent|fine|reasonable|acceptable|satisfying|"
    r"satisfactory|meaningful|clear|remarkable|robust|convincing|impressive|state-of-the-art|sensible|respectable)"
)

#: What makes a sentence a judgement, by kind. A kind's name says what its patterns look for.
_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "a conclusion": (
        (
            rf"\b{_WHAT_IS_SEEN}\s+(?:\w+ly\s+|may\s+|might\s+|would\s+|does not\s+|do not\s+)*{_SAYS}\s+"
            r"(?:that|how|why|our|the hypothesis|an?\b|the (?:importance|benefit|effect|idea|second|first))"
        ),
        rf"\b(?:results?|findings?|data|numbers?|evidence|curves?)\s+(?:\w+ly\s+)?{_SAYS}\b",
        r"\bsuggest(?:s|ing|ive)\b",
        r"\bhypothes[ie]s\b.{0,80}\b(?:confirm|support|reject|refut|validat|hold|prov|true|false|correct|wrong)",
        r"\b(?:confirm|support|reject|refute|validate)(?:s|ed)?\s+(?:the|our|this)\s+hypothesis\b",
        r"\b(?:we|i)\s+(?:\w+ly\s+)?(?:conclude|believe|think|suspect|feel|assume|infer|speculate|hypothesi[sz]e)\b",
        r"\b(?:in conclusion|to conclude|takeaway|therefore|thus|hence|overall,)",
        r"\b(?:noise|variance|randomness|initiali[sz]ation|overfitting)\s+explains?\b",
        r"\bexplained by\b|\bexplanation\b",
    ),
    "a guess": (
        r"\b(?:probably|presumably|perhaps|maybe|arguably|apparently|evidently|plausibl[ey]|hopefully)\b",
        r"\b(?:most |very |more |quite )?likely\b",
        r"\b(?:seems?|seemed|seemingly)\b",
        r"\bappear(?:s|ed)? to\b",
        r"\blooks? like\b",
        r"\b(?:may|might|could) (?:be|have been|indicate|suggest|mean|explain)\b",
    ),
    "a verdict": (
        r"\b(?:promising|encouraging|disappointing|impressive|discouraging|unsatisfactory|worthwhile|game.?changer)\b",
        r"\b(?:successful|a (?:great |clear |big )?success|great success|big success)\b",
        (
            rf"\b{_METHOD}\s+(?:(?:really|clearly|indeed|now|also) )*(?:works|worked|helps|helped|hurts|matters|"
            r"pays off|paid off|generali[sz]es|(?:does|did|will|would|doesn't|didn't)(?: not| really)* "
            r"(?:work|help|hurt|matter|pay off|generali[sz]e)|fails to)\b"
        ),
        r"^(?:it |this )?works?\b(?! (?:with version|around|director))",
        r"\bwork(?:s|ed)? (?:well|better|best|great|fine|much|as (?:hoped|intended|expected))\b",
        rf"\b(?:very |really |quite |rather )?{_PRAISE}\s+(?:\w+\s+)?{_RESULT}\b",
        rf"\b{_RESULT}\s+(?:is|are|was|were|looks?|looked|remains?)\s+(?:\w+ly\s+|very\s+|quite\s+|too\s+)?{_PRAISE}\b",
        r"\b(?:superior|inferior|beneficial|harmful|useful|useless|detrimental|outstanding|negligible)\b",
        r"\b(?:significant|significantly|substantial(?:ly)?|considerabl[ey]|dramatic(?:ally)?|remarkabl[ey])\b",
        r"\bdoing its job\b|\bwhat we (?:wanted|hoped|expected)\b|\btoo (?:small|large|weak) to matter\b",
        r"\b(?:clear|easy|big) win\b|\bspeed-?up\b.{0,80}\bnice\b|\bnice\b.{0,80}\bspeed-?up\b|\bstate-of-the-art\b",
        r"\b(?:more|less) (?:robust|stable|reliable|effective|efficient)\b",
        r"\b(?:generali[sz]es?|converges?|performs?|performed|trains?) (?:very |quite )?(?:well|nicely|badly|poorly)\b",
    ),
    "a comparison that values": (
        r"\b(?:better|worse) than\b",
        r"\bthe (?:better|best|worse|worst) (?:choice|option|approach|method|result|optimi[sz]er|arm|variant)\b",
        r"\b(?:better|worse)\s+(?:results?|performance|accuracy|loss|numbers|convergence)\b",
        r"\b(?:outperform|underperform|surpass|beat)(?:s|ed|ing)?\b",
        r"(?<!without )(?<!no )\bimprovements?\b",
        r"\bimprov(?:es|ed|ing)?\b(?! (?:logging|logs|error|messages?|docs|from [\d.]))",
        r"\bas (?:\w+ly )?(?:expected|hoped)\b|\b(?:than|what) (?:we |was )?(?:expected|hoped|feared)\b",
    ),
    "a feeling": (
        (
            r"\b(?:surprising(?:ly)?|unfortunately|fortunately|interesting(?:ly)?|notably|obviously|clearly|sadly|luckily|"
            r"thankfully|undoubtedly|unsurprisingly|impressively|encouragingly|disappointingly)\b"
        ),
        r"\bunexpectedly (?:good|bad|high|low|well|large|small|better|worse|fast|slow)\b",
    ),
    "advice": (
        (
            r"\b(?:should|ought to|must) (?:be (?:adopted|used|explored|tried|preferred|dropped|studied)|adopt|try|"
            r"explore|investigate|consider|prefer|switch|abandon|pursue)\b"
        ),
        r"\bworth (?:exploring|trying|pursuing|investigating|it|a try|another)\b",
        r"\b(?:we|i) (?:recommend|suggest|propose|advise)\b|\brecommend(?:ed|ation)?\b",
        r"\bnext steps?\b|\bfuture work\b|\bneeds more (?:seeds|data|runs|work)\b",
        r"\bone should\b",
    ),
}
# What libraries say in general is no guess of ours, nor our advice.
_OF_A_PROGRAM: Final = re.compile(r"\b(?:\w*Warning|WARNING|WARN|INFO|DEBUG|ERROR|CRITICAL)\b\s*[:\]]")
_OF_PEOPLE: Final = frozenset({"a guess", "advice"})
_PATTERNS: Final = tuple(
    (kind, re.compile("|".join(f"(?:{each})" for each in patterns), re.IGNORECASE)) for kind, patterns in _KINDS.items()
)


class Judged(NamedTuple):
    """A sentence that judges: its line (from 1) in the text, the words that say so, and what kind of judgement."""

    line: int
    words: str
    kind: str


def judged_sentences(text: str) -> Iterator[Judged]:
    """The sentences of *text* that judge, in order. A line that is too long for prose is data and is passed over."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LONGEST_LINE or _STEMS.isdisjoint(word[:4] for word in _WORDS.findall(line.lower())):
            continue
        plain = _QUOTED.sub(" … ", _DIGITS.sub("0", line))
        of_a_program = _OF_A_PROGRAM.search(plain) is not None
        for sentence in _END.split(plain):
            found = _judgement(sentence.strip(" \t#*->|"), of_a_program)
            if found is not None:
                yield Judged(number, *found)


@lru_cache(maxsize=4096)  # logs say the same thing again and again, with other numbers
def _judgement(sentence: str, of_a_program: bool) -> tuple[str, str] | None:
    """The words in *sentence* that judge and their kind; None for a statement of fact."""
    for kind, pattern in _PATTERNS:
        found = None if of_a_program and kind in _OF_PEOPLE else pattern.search(sentence)
        if found is not None:
            return " ".join(found.group().split()), kind
    return None

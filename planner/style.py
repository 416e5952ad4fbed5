"""How an answer is to be written: how long, in which language, for whom."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from py3langid.langid import MODEL_FILE, LanguageIdentifier

Size = Literal["short", "answer", "report"]
"""short: a value and a sentence or two; answer: a paragraph; report: sections under a summary."""

LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""By their ISO 639-1 codes."""
_NAMES = "|".join(LANGUAGES.values())
_CODES = "|".join(code for code in LANGUAGES if code not in {"da", "he", "hi", "id", "it", "no"})
"""Without those that are words of English: "in no case"."""
_IN_LANGUAGE = re.compile(
    rf"\bin (?:(?:plain|simple|good|formal|clear|easy|british|american) )?"
    rf"({_NAMES}|{_CODES})(?=\s*(?:$|[^\w\s'’-]|(?:only|please|and|but|with|for|to|unless|even)\b))"
    rf"|\blang(?:uage)?\s*(?:is|[:=])\s*({_NAMES}|{'|'.join(LANGUAGES)})\b",
    re.IGNORECASE,
)
"""Not what is something else's: "an expert in French history"."""
_DONT = re.compile(r"\b(?:not|never|don['’]?t|avoid)\b[^.;!?]*$", re.IGNORECASE)
_LONGEST_WORDING = 300
"""Characters of instructions."""
_SURE = 0.5
"""Of two names and a number, any language may be guessed; then it is English."""

_OPEN = re.compile(
    r"\W*(?:(?:please|can you|could you|i want(?: you)? to|i'd like(?: you)? to)\s+)*"
    r"(?:describe|explain|summari[sz]e|discuss|outline|write|tell (?:me|us)|report|review"
    r"|analy[sz]e"
    r"|give (?:me |us )?(?:an? )?(?:\w+ )?(?:overview|summary|account|history|description)"
    r"|(?:an? |the )?(?:overview|summary|history|life|career) of|introduce|compare and contrast"
    r"|why|how (?:do|does|did|can|could|should|would|is|are|was|were|has|have|to)\b"
    r"|what (?:are|were) (?:the )?(?:(?:main|key|most important) )?(?:pros|advantages|differences"
    r"|reasons|causes|effects|consequences|implications|ideas|points|arguments|changes|findings)"
    r"|what (?:happened|changed)"
    r"|what (?:do|does|did) .* (?:do|mean|say|think)\b|what (?:is|are) known"
    r"|beschreib|erklär|erläuter|fasse?\b|warum|wieso|weshalb|wie (?:funktioniert|kam|entst)"
    r"|décri|expliqu|résum|pourquoi|comment\b|describ|explica|resum|por qué|por que\b|cómo|como\b"
    r"|descriv|spieg|riassum|perché|beschrijf|leg\b.*\buit|waarom|опиши|объясни|почему|"
    r"描述|解释|總結|总结|介绍|为什么|説明|説明|なぜ|اشرح|صف|لماذا|περίγραψε|εξήγησε|γιατί)",
    re.IGNORECASE,
)
"""What no single value answers."""
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|where|when|how|is|are|was|were|do|does|did|has|have|had|can"
    r"|could|will|would|name|find|list|identify|determine|calculate|compute)\b",
    re.IGNORECASE,
)
_CLOSES = re.compile(r"\b(?:which|what year)\b", re.IGNORECASE)
"""Behind what looked open: "How to Eat, released in which year, ..."."""
_WORD = re.compile(r"[A-Za-z]{3,}")
_LEAST_TOPIC = 2
"""Words of a topic that is no question: "the history of tea"."""


@dataclass(frozen=True, slots=True)
class Style:
    """How an answer is written."""

    size: Size = "short"
    language: str = "English"
    audience: str = ""
    """Whom it is for, in the user's words."""
    open_ended: bool = False
    """Whether no single value is asked for, so that wide searches are the plan."""
    instructions: str = ""
    """How it is to be worded, in the user's words."""
    bare: bool = False
    """Whether the value of the step that answers is the whole answer: it is reasoned text."""

    @property
    def is_long(self) -> bool:
        """Whether it is written from passages, too, and not from values alone."""
        return self.size != "short"

    @property
    def wishes(self) -> str:
        """For the writer's instructions."""
        language = "" if self.language == "English" else f" Write in {self.language}."
        audience = f" Write for {self.audience}." if self.audience else ""
        wording = f" Wording: {self.instructions}" if self.instructions else ""
        return language + audience + wording

    @property
    def reminder(self) -> str:
        """Behind the question: a small model has forgotten by then in which language to write."""
        return "" if self.language == "English" else f"\nAnswer in {self.language}."


def style_of(
    question: str,
    size: Size | Literal["auto"] = "auto",
    language: str = "auto",
    audience: str = "",
    instructions: str = "",
) -> Style:
    """What is wanted. `auto`: short for a question that one value answers; the language that the
    instructions name, or else the question's.

    `language`: a code or an English name; any other word is handed to the model as it is.
    `instructions`: only how the answer is worded is theirs to say; their beginning is heeded.
    """
    wording = " ".join(instructions.split())
    if language == "auto":
        language = _wished_language(wording)
    wide = is_open_ended(question)
    chosen: Size = ("answer" if wide else "short") if size == "auto" else size
    named = language_of(question) if language == "auto" else _named(language)
    is_open = wide and chosen != "short"
    return Style(chosen, named, audience, is_open, _beginning(wording))


def _wished_language(wording: str) -> str:
    """What instructions name, in words or by its code; auto where they name none."""
    for found in _IN_LANGUAGE.finditer(wording):
        if not _DONT.search(wording[: found.start()]):
            named = found[1] or found[2]
            return LANGUAGES.get(named.lower(), named.capitalize())
    return "auto"


def _beginning(text: str) -> str:
    """Whole words: a small model reads no long instructions."""
    if len(text) <= _LONGEST_WORDING:
        return text
    return text[:_LONGEST_WORDING].rpartition(" ")[0]


def is_open_ended(question: str) -> bool:
    """Whether no single value can answer it, by its words; cautious outside of English."""
    if _OPEN.match(question):
        return not _CLOSES.search(question)
    is_topic = not re.search(r"[?？؟;]\s*$", question) and not _ASKS.search(question)
    return is_topic and question.isascii() and len(_WORD.findall(question)) >= _LEAST_TOPIC


def language_of(text: str) -> str:
    """The English name of a text's language; English where that is not plain."""
    in_latin = sum(letter.isascii() for letter in text) > len(text) / 2
    return LANGUAGES[language_code(text, sure=_SURE if in_latin else 0) or "en"]


def language_code(text: str, *, sure: float = _SURE) -> str:
    """The ISO 639-1 code of a text's language; nothing where that is less sure (0 to 1)."""
    code, found = _identifier().classify(text)
    return code if found >= sure else ""


@cache
def _identifier() -> LanguageIdentifier:
    """Of the languages that models write."""
    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(list(LANGUAGES))
    return made


def _named(language: str) -> str:
    """The name of a language by its code."""
    return LANGUAGES.get(language.lower(), language)

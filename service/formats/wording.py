"""What the formats themselves say ("Sources", "not supported"), in the language of the answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from planner import Answer, Sentence, Verdict
from search import Passage
from service.formats.plain import line


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language."""

    sources: str
    notes: str
    source: str
    accessed: str
    """With the day in it, as the next ones have a number in them."""
    undated: str
    as_note: str
    caption: str
    """Of the picture of the plan."""
    more_steps: str
    partly: tuple[str, str]
    """What is said of such a sentence, and what that means."""
    unsupported: tuple[str, str]
    contradicted: tuple[str, str]
    places: tuple[str, str, str, str]
    """A page, a slide, a sheet, characters; of several the same word."""
    colon: str = ": "

    def verdict(self, verdict: Verdict) -> str:
        """What stands behind a sentence; nothing behind one that is carried."""
        said = self._verdicts.get(verdict)
        return f"({said[0]})" if said else ""

    def legend(self, answer: Answer) -> list[str]:
        """A line for each mark that the answer has; none where every sentence is carried."""
        used = {sentence.verdict for sentence in answer.every_sentence}
        return [
            f"({word}){self.colon}{means}"
            for verdict, (word, means) in self._verdicts.items()
            if verdict in used
        ]

    def place(self, passage: Passage) -> str:
        """Where in its source a passage stands."""
        return self.part(passage.place)

    def part(self, part: str) -> str:
        """`pages 3-4` in these words; what is called otherwise stays as it is."""
        found = _PLACE.match(line(part))
        if found is None:
            return line(part)
        kind = _KINDS.index(found[1])
        return self.places[kind].format(found[2]) if self is not ENGLISH else line(part)

    @property
    def _verdicts(self) -> Mapping[Verdict, tuple[str, str]]:
        return {
            "partly": self.partly,
            "unsupported": self.unsupported,
            "contradicted": self.contradicted,
        }


_KINDS = ("page", "slide", "sheet", "characters")
_PLACE = re.compile(r"(page|slide|sheet|characters)s? (.+)$")
MARKED: frozenset[Verdict] = frozenset({"partly", "unsupported", "contradicted"})
"""Verdicts of which a reader is told."""

ENGLISH = Wording(
    "Sources", "Notes", "Source", "accessed {}", "n.d.", "as note {}",
    "How it was found: each step below those that it waited for", "and {} more steps",
    ("supported in part", "the cited passages carry a part of it only."),
    ("not supported", "the cited passages do not carry it."),
    ("contradicted", "a cited passage says otherwise."),
    ("page {}", "slide {}", "sheet {}", "characters {}"),
)  # fmt: skip
_WORDINGS = {
    "de": Wording(
        "Quellen", "Anmerkungen", "Quelle", "abgerufen am {}", "o. J.", "wie Anmerkung {}",
        "Wie es gefunden wurde: jeder Schritt unter denen, auf die er gewartet hat",
        "und {} weitere Schritte",
        ("teilweise belegt", "die angegebenen Stellen belegen nur einen Teil davon."),
        ("nicht belegt", "die angegebenen Stellen belegen es nicht."),
        ("widersprochen", "eine angegebene Stelle sagt etwas anderes."),
        ("Seite {}", "Folie {}", "Blatt {}", "Zeichen {}"),
    ),
    "fr": Wording(
        "Sources", "Notes", "Source", "consulté le {}", "s. d.", "voir note {}",
        "Comment la réponse a été trouvée : chaque étape sous celles qu’elle attendait",
        "et {} autres étapes",
        ("en partie étayé", "les passages cités n’en étayent qu’une partie."),
        ("non étayé", "les passages cités ne l’étayent pas."),
        ("contredit", "un passage cité dit autre chose."),
        ("page {}", "diapositive {}", "feuille {}", "caractères {}"), " : ",
    ),
    "es": Wording(
        "Fuentes", "Notas", "Fuente", "consultado el {}", "s. f.", "véase la nota {}",
        "Cómo se encontró: cada paso debajo de aquellos a los que esperó", "y {} pasos más",
        ("respaldado en parte", "los pasajes citados solo respaldan una parte."),
        ("no respaldado", "los pasajes citados no lo respaldan."),
        ("contradicho", "un pasaje citado dice otra cosa."),
        ("página {}", "diapositiva {}", "hoja {}", "caracteres {}"),
    ),
    "it": Wording(
        "Fonti", "Note", "Fonte", "consultato il {}", "s. d.", "vedi nota {}",
        "Come è stato trovato: ogni passo sotto quelli che attendeva", "e altri {} passi",
        ("confermato in parte", "i passi citati ne confermano solo una parte."),
        ("non confermato", "i passi citati non lo confermano."),
        ("contraddetto", "un passo citato dice altro."),
        ("pagina {}", "diapositiva {}", "foglio {}", "caratteri {}"),
    ),
    "pt": Wording(
        "Fontes", "Notas", "Fonte", "acesso em {}", "s. d.", "ver nota {}",
        "Como foi encontrado: cada passo abaixo daqueles por que esperou", "e mais {} passos",
        ("apoiado em parte", "os trechos citados apoiam apenas uma parte."),
        ("não apoiado", "os trechos citados não o apoiam."),
        ("contradito", "um trecho citado diz outra coisa."),
        ("página {}", "diapositivo {}", "folha {}", "caracteres {}"),
    ),
    "nl": Wording(
        "Bronnen", "Noten", "Bron", "geraadpleegd op {}", "z.d.", "zie noot {}",
        "Hoe het is gevonden: elke stap onder de stappen waarop hij wachtte",
        "en nog {} stappen",
        ("deels onderbouwd", "de aangehaalde passages onderbouwen er maar een deel van."),
        ("niet onderbouwd", "de aangehaalde passages onderbouwen het niet."),
        ("tegengesproken", "een aangehaalde passage zegt iets anders."),
        ("pagina {}", "dia {}", "blad {}", "tekens {}"),
    ),
    "ru": Wording(
        "Источники", "Примечания", "Источник", "дата обращения: {}", "б. г.", "см. прим. {}",
        "Как это было найдено: каждый шаг под теми, которых он ждал", "и ещё шагов: {}",
        ("подтверждено частично", "цитируемые фрагменты подтверждают лишь часть."),
        ("не подтверждено", "цитируемые фрагменты этого не подтверждают."),
        ("опровергнуто", "цитируемый фрагмент говорит иное."),
        ("с. {}", "слайд {}", "лист {}", "символы {}"),
    ),
    "el": Wording(
        "Πηγές", "Σημειώσεις", "Πηγή", "ανάκτηση {}", "χ.χ.", "βλ. σημείωση {}",
        "Πώς βρέθηκε: κάθε βήμα κάτω από εκείνα που περίμενε", "και {} ακόμη βήματα",
        ("τεκμηριώνεται εν μέρει", "τα παρατιθέμενα χωρία τεκμηριώνουν μόνο ένα μέρος."),
        ("δεν τεκμηριώνεται", "τα παρατιθέμενα χωρία δεν το τεκμηριώνουν."),
        ("διαψεύδεται", "ένα παρατιθέμενο χωρίο λέει κάτι άλλο."),
        ("σελίδα {}", "διαφάνεια {}", "φύλλο {}", "χαρακτήρες {}"),
    ),
    "ar": Wording(
        "المصادر", "الحواشي", "المصدر", "تاريخ الاطلاع \u200e{}", "د.ت.", "انظر الحاشية {}",
        "كيف عُثر عليه: كل خطوة تحت الخطوات التي انتظرتها", "وخطوات أخرى: {}",
        ("مدعوم جزئيًا", "المقاطع المستشهد بها تدعم جزءًا منه فقط."),
        ("غير مدعوم", "المقاطع المستشهد بها لا تدعمه."),
        ("متناقض", "مقطع مستشهد به يقول غير ذلك."),
        ("صفحة {}", "شريحة {}", "ورقة {}", "الأحرف {}"),
    ),
    "zh": Wording(
        "来源", "注释", "来源", "访问日期 {}", "无日期", "同注释 {}",
        "查找过程：每一步位于它所等待的步骤之下", "另有 {} 个步骤",
        ("部分有据", "所引段落只支持其中一部分。"),
        ("无依据", "所引段落不支持此说。"),
        ("有矛盾", "有所引段落说法不同。"),
        ("第 {} 页", "第 {} 张幻灯片", "工作表 {}", "字符 {}"), "：",
    ),
    "ja": Wording(
        "出典", "注", "出典", "{} 閲覧", "日付なし", "注 {} と同じ",
        "調べ方：各ステップは、それが待ったステップの下にある", "ほか {} ステップ",
        ("一部のみ裏付けあり", "引用箇所が裏付けるのは一部のみ。"),
        ("裏付けなし", "引用箇所はこれを裏付けていない。"),
        ("矛盾あり", "引用箇所の一つは異なることを述べている。"),
        ("{} ページ", "スライド {}", "シート {}", "文字 {}"), "：",
    ),
}  # fmt: skip


def wording(language: str) -> Wording:
    """By a code of ISO 639-1; English where there is none."""
    return _WORDINGS.get(language, ENGLISH)


def is_marked(sentence: Sentence) -> bool:
    """Whether its verdict is one of which a reader is told."""
    return sentence.verdict in MARKED

"""How much a decoded text looks like something that a person wrote in that charset's languages.

Bytes that are valid in one charset are often valid in five. The wrong readings betray
themselves: symbols inside words, capitals behind small letters, letters of two scripts in one
word, rows of accented letters, rare ideographs.
"""

import re
from dataclasses import dataclass
from itertools import islice
from unicodedata import category

FREQUENT_IDEOGRAPHS = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作"
    "里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从"
    "想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头"
    "文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提"
    "這個們來為國說時會對過發後種經學現當動還進樣開從實軍無長機業將兩間問戰頭體見產話內東聲兒給車電書"
    "北京市名南城州水山台灣湾出生影片王李张張京首都华華员員区區演导導由字版省县縣法憲画監督映黒澤明野村宮崎神隠木川井藤松鈴"
    "谁何什哪岁镇紅红作者影戏劇剧"
)
"""Of simplified and traditional Chinese and of Japanese: about half of any Chinese text."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A charset of one byte a letter, with the letters outside ASCII that its languages use."""

    charset: str
    letters: str
    """In lower case, the most frequent first."""
    rarity: float = 0.0
    """Added to its score: what another charset must be worse by for this one to be chosen."""

    def strangeness(self, char: str, before: str, after: str) -> float:
        """Of one character outside ASCII between its neighbours: 0 looks right, 1 or more wrong."""
        if not char.isalpha():
            return _symbol(char, before, after)
        rank = max(self.letters.find(char), self.letters.find(char.lower()))
        score = RANK_WEIGHT * rank / len(self.letters) if rank >= 0 else 0.8
        if char.isupper() and before.isalpha():
            score += 1.0 if before.islower() else 0.1
        if char in FINAL_LETTERS and after.isalpha():
            score += 1.0
        return min(1.0, score + _company(char, before, after))


@dataclass(frozen=True, slots=True)
class Ideographs:
    """A charset of two bytes a character, for Chinese, Japanese or Korean."""

    charset: str
    expected: re.Pattern[str]
    levels: str
    """The charset whose first level holds the usual ideographs."""
    first_level: tuple[int, int]
    """The lead bytes of that level."""
    rarity: float = 0.0

    def strangeness(self, char: str, before: str, after: str) -> float:
        """As for an alphabet."""
        if category(char) in NO_TEXT:
            return 2.0
        if char >= "一" and "a" <= before <= "z":
            return 1.0
        if not self.expected.match(char):
            return 0.0 if char in PUNCTUATION else 0.8
        if char < "一" or char in FREQUENT_IDEOGRAPHS:
            return 0.0
        if char >= "가":
            return 0.05
        try:
            lead = char.encode(self.levels)[0]
        except UnicodeEncodeError:
            return 1.0
        low, high = self.first_level
        return 0.2 if low <= lead <= high else 0.7


_WIDE = "\u3000-\u3017\uff01-\uff5e\u2010-\u2026\u00b7\u2460-\u249b\u00a5"
_CHINESE = re.compile(f"[一-鿿{_WIDE}]")
_JAPANESE = re.compile(f"[\u3041-\u30ff々一-鿿{_WIDE}]")
_KOREAN = re.compile(f"[가-힣{_WIDE}]")

CANDIDATES: tuple[Alphabet | Ideographs, ...] = (
    Alphabet("cp1252", "éèáàíóäüöñçãêâîôûåæøëïúùìòõœßšžÿýðþ"),
    Ideographs("cp932", _JAPANESE, "euc_jp", (0xB0, 0xCF)),
    Ideographs("gb18030", _CHINESE, "gb2312", (0xB0, 0xD7)),
    Alphabet("cp1251", "оеаинтсрвлкмдпуяыьігзбчйхжшюцщїєэфъёґў"),
    Ideographs("euc_jp", _JAPANESE, "euc_jp", (0xB0, 0xCF)),
    Ideographs("big5", _CHINESE, "big5", (0xA4, 0xC6)),
    Ideographs("euc_kr", _KOREAN, "euc_kr", (0xB0, 0xC8)),
    Alphabet("koi8_r", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", rarity=0.15),
    Alphabet("cp1250", "łęąáéíóśćżźńřěšžýčůúőűöüôäďťňăâîşţđç", rarity=0.1),
    Alphabet("cp1253", "αοιετσνηυρπκμλςίόγάδέθήύχώφβζξψϊϋΐΰ", rarity=0.05),
    Alphabet("cp1254", "ıüşğöçİâîûé", rarity=0.1),
    Alphabet("cp1255", "יולהארמבתשנםעדקחפכגטצסזןץךף", rarity=0.05),
    Alphabet("cp1256", "اليمنورتبةعدسفهكقأحجشطصىخإضذثئزآغظءؤپچژگ", rarity=0.2),
)
"""In the order in which ties are settled."""

RANK_WEIGHT = 0.5
"""How strange the rarest of the usual letters is."""

FINAL_LETTERS = frozenset("ךםןףץς")
NO_TEXT = frozenset(("Cc", "Cn", "Co", "Cs"))
JOINERS = frozenset("’'‘-–—·\u00ad")
PUNCTUATION = frozenset("«»‹›“”„‘’‚–—…•°§€£©®·¿¡№\u00a0\u00ad\u3000")
_HIGH = re.compile(r"[^\x00-\x7f]")


def implausibility(text: str, reading: Alphabet | Ideographs, *, sample: int = 2000) -> float:
    """Mean over the first `sample` characters outside ASCII: 0 looks right, 1 looks wrong."""
    padded = f" {text} "
    scores = [
        reading.strangeness(padded[at], padded[at - 1], padded[at + 1])
        for at in islice((found.start() for found in _HIGH.finditer(padded)), sample)
    ]
    return reading.rarity + sum(scores) / max(1, len(scores))


def _symbol(char: str, before: str, after: str) -> float:
    kind = category(char)
    if kind in NO_TEXT or (kind == "Cf" and char != "\u00ad"):
        return 2.0
    if before.isalpha() and after.isalpha() and char not in JOINERS:
        return 1.0
    crowded = 0.2 * (_is_high_symbol(before) + _is_high_symbol(after))
    return crowded + (0.0 if char in PUNCTUATION or kind == "Mn" else 0.4)


def _company(char: str, before: str, after: str) -> float:
    """Accented Latin letters stand among plain ones; letters of another script never do."""
    letters = [c for c in (before, after) if c.isalpha()]
    if any(_is_latin(c) != _is_latin(char) for c in letters):
        return 1.0
    if not _is_latin(char):
        return 0.0 if letters else 0.2
    if _is_high_symbol(before) and _is_high_symbol(after):
        return 1.0
    accented = sum(not c.isascii() for c in letters)
    return (0.0, 0.1, 0.7)[accented] + (0.3 if letters and accented == len(letters) else 0.0)


def _is_latin(letter: str) -> bool:
    return letter <= "\u024f"


def _is_high_symbol(char: str) -> bool:
    return not char.isascii() and not char.isalpha()

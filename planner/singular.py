"""What is said of two things, said of one: "American directors" as "an American director"."""

import re

_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "feet": "foot",
    "businessmen": "businessman", "sportsmen": "sportsman", "wives": "wife", "lives": "life",
    "knives": "knife", "leaves": "leaf", "wolves": "wolf", "movies": "movie", "series": "series",
    "species": "species", "cookies": "cookie", "calories": "calorie", "genera": "genus",
    "mice": "mouse", "geese": "goose", "alumni": "alumnus", "alumnae": "alumna",
    "fungi": "fungus", "cacti": "cactus", "zombies": "zombie", "heroes": "hero",
    "volcanoes": "volcano", "potatoes": "potato", "aircraft": "aircraft",
}  # fmt: skip
_ENDS = re.compile(
    r" (?:of|in|on|at|from|by|for|to|with|under|that|who|which|whose|made|born|based|located|known"
    r"|written|directed|produced|published|released|set|about|near|within|during|used|found|found"
    r"|native|founded|built|held|(?<=[^u]s )[a-z]+ed)\b"
)
"""Where the noun ends, and what is said of it begins."""
_NOT_PLURAL = re.compile(r".*(?:ss|us|is)|always|perhaps|sometimes|overseas|politics|physics|news")


def singular_noun(noun: str) -> str:
    """The last word in the singular; one that is in it already stays."""
    before, space, last = noun.rpartition(" ")
    return f"{before}{space}{_singular(last)}"


def _singular(word: str) -> str:
    lowered = word.lower()
    if lowered in _IRREGULAR:
        return _IRREGULAR[lowered]
    for ending, one in (("men", "man"), ("women", "woman")):
        if lowered.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + one
    if _NOT_PLURAL.fullmatch(lowered) or not lowered.endswith("s"):
        return word
    if lowered.endswith("ies"):
        return f"{word[:-3]}y"
    if re.search(r"(?:ch|sh|x|ss|zz)es$", lowered):
        return word[:-2]
    return word[:-1]


def singular_claim(said: str) -> str:
    """A plural noun becomes one, with its article; what is no such noun stays as it is."""
    adverb = re.match(r"(?:(?:also|currently|originally|considered|known as|mainly) )+", said)
    start = adverb.end() if adverb else 0
    rest = said[start:]
    end = next(iter(_ENDS.finditer(f" {rest}")), None)
    noun = rest if end is None else rest[: max(end.start() - 1, 0)]
    joined = re.split(r"( and |, )", noun)
    ones = [part if part in {" and ", ", "} else singular_noun(part) for part in joined]
    one = "".join(ones)
    is_plural = one != noun or noun.rpartition(" ")[2].lower() in {"series", "species", "aircraft"}
    if not noun or not is_plural or re.match(r"(?:the|an?) ", noun):
        return said
    return f"{said[:start]}{_article(one)} {one}{rest[len(noun) :]}"


_VOWEL = re.compile(r"[aeio]|u(?!ni[^nm]|s[aeiu]|k|ti|rani|ru)|hono|hour|heir")
_SPELLED = re.compile(r"[AEFHILMNORSX][A-Z\d]")
_CONSONANT = re.compile(r"one\b|once\b|eu|U\.|U[KS]\b")


def _article(noun: str) -> str:
    """By the sound that it begins with, as far as the letters tell it."""
    if _CONSONANT.match(noun) or _CONSONANT.match(noun.lower()):
        return "a"
    if noun[:2].isupper():
        return "an" if _SPELLED.match(noun) else "a"
    return "an" if _VOWEL.match(noun.lower()) else "a"

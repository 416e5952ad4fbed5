"""Claims written by hand, of kinds that no rule makes: the kind, the passage, what is said."""

from benchmarks.falsehood_making import Case, passage_of

_PASSAGES = {
    "bridge": (
        "Karlin Bridge",
        "The Karlin Bridge crosses the Odra at Tesk. Building began in March 1908 and was"
        " paid for by"
        " the town. It is 1,233 m long and carries about 1.2 million vehicles a year. It"
        " was not opened"
        " to lorries until 1961. The neighbouring Brod Bridge, which is 870 m long, was"
        " opened before"
        " the war and closed after the flood of 1997. No one was hurt in the flood.",
    ),
    "chemist": (
        "Maria Olsen-Køhl",
        "Maria Olsen-Køhl (3 May 1871 – 12 December 1944) was a Norwegian chemist. She"
        " studied under"
        " Johannes K. Brandt in Leipzig and succeeded him as head of the institute in 1910. Brandt"
        " died in 1909. She refused to work for the ministry and never took German citizenship. Her"
        " assistant Per Lund won the Hagen Prize in 1925; she was nominated for it twice without"
        " winning.",
    ),
    "firm": (
        "Tarn Ferries",
        "Tarn Ferries is a shipping company from Vell. In 2019 it carried 412,500 passengers, 12%"
        " more than in 2018. It was founded by Anna Berg, whose brother Otto Berg designed"
        " its first"
        " ship, the Alda. The Alda is faster than the Cyra. In 2021 the company sold the"
        " Cyra to Nord"
        " Line for €3.5 million. Its turnover fell from 48 million euros to 41 million euros.",
    ),
    "match": (
        "1998 Lakes Cup final",
        "Rovers beat United 3-1 in the final of the 1998 Lakes Cup at Harrow Park. Ivo"
        " Petrov scored"
        " twice before half-time. United had won the cup in 1996 and 1997. Rovers' keeper,"
        " Dan Moss,"
        " was injured and was replaced by Lee Hart. The attendance was 38,104.",
    ),
    "rhein": (
        "Rhein",
        "Der Rhein ist ein 1.233 km langer Strom in Mitteleuropa. Er entspringt in Graubünden und"
        " mündet in die Nordsee. Der Rheinfall bei Schaffhausen ist 23 Meter hoch. Basel hat rund"
        " 173.000 Einwohner.",
    ),
    "tour": (
        "東京タワー",
        "東京タワーは、東京都港区にある電波塔である。高さは333メートルで、1958年12月23日に完成した。",
    ),
}
_CASES = (
    ("true", "bridge", "The Karlin Bridge has a length of 1233 metres."),
    ("true", "bridge", "The bridge at Tesk is 1.233 km long."),
    ("true", "bridge", "Roughly 1,200,000 vehicles cross the Karlin Bridge each year."),
    ("true", "bridge", "Lorries have been allowed on the Karlin Bridge since 1961."),
    ("true", "bridge", "Nobody was injured in the flood of 1997."),
    ("true", "bridge", "The town paid for the Karlin Bridge."),
    ("true", "chemist", "The chemist Maria Olsen-Kohl was born on 3 May 1871."),
    ("true", "chemist", "M. Olsen-Køhl died on December 12, 1944."),
    (
        "true",
        "chemist",
        "In 1910 Olsen-Køhl took over the institute from her teacher, J. K. Brandt.",
    ),
    ("true", "chemist", "Olsen-Køhl did not win the Hagen Prize."),
    ("true", "chemist", "Per Lund received the Hagen Prize in 1925."),
    ("true", "chemist", "Olsen-Køhl declined to work for the ministry."),
    ("true", "firm", "Tarn Ferries had 412.5 thousand passengers in 2019."),
    ("true", "firm", "The Cyra is slower than the Alda."),
    ("true", "firm", "Otto Berg is the brother of the company's founder and drew the Alda."),
    ("true", "firm", "Nord Line bought the Cyra in 2021 for 3.5 million euros."),
    ("true", "firm", "The turnover of Tarn Ferries declined to €41 million."),
    ("true", "match", "United lost to Rovers in the 1998 final."),
    ("true", "match", "Two goals of the final were Ivo Petrov's."),
    ("true", "match", "Lee Hart came on for the injured goalkeeper Dan Moss."),
    ("true", "match", "Some 38,000 people watched the match at Harrow Park."),
    ("true", "rhein", "Der Rhein hat eine Länge von 1.233 km."),
    ("true", "rhein", "Schaffhausen liegt am Rhein, dessen Fall dort 23 Meter hoch ist."),
    ("true", "rhein", "The Rhine falls 23 metres at Schaffhausen."),
    ("true", "tour", "東京タワーの高さは333メートルです。"),
    ("number", "bridge", "The Karlin Bridge is 870 m long."),
    ("number", "bridge", "About 2.1 million vehicles a year use the Karlin Bridge."),
    ("number", "firm", "Tarn Ferries carried 12% fewer passengers in 2019 than in 2018."),
    ("number", "firm", "The turnover fell from 41 million euros to 48 million euros."),
    ("number", "match", "Ivo Petrov scored three times before half-time."),
    ("number", "rhein", "Der Rheinfall bei Schaffhausen ist 32 Meter hoch."),
    ("number", "tour", "東京タワーの高さは634メートルです。"),
    ("name", "chemist", "Olsen-Køhl studied under Johannes K. Brandt in Dresden."),
    ("name", "chemist", "Anna Olsen-Køhl was a Norwegian chemist."),
    ("name", "firm", "Anna Berg designed the Alda."),
    ("name", "rhein", "Der Rhein entspringt in Tirol."),
    ("negation", "bridge", "The Karlin Bridge was opened to lorries in 1908."),
    ("negation", "bridge", "The Brod Bridge was opened after the war."),
    ("negation", "bridge", "People were hurt in the flood."),
    ("negation", "chemist", "Olsen-Køhl worked for the ministry."),
    ("negation", "chemist", "Olsen-Køhl took German citizenship."),
    ("negation", "firm", "In 2021 the company bought the Cyra."),
    ("negation", "firm", "The Alda is slower than the Cyra."),
    ("negation", "match", "Dan Moss was not replaced."),
    ("date", "bridge", "Building of the Karlin Bridge began in May 1908."),
    ("date", "chemist", "Olsen-Køhl was born on 12 December 1944."),
    ("date", "chemist", "Olsen-Køhl became head of the institute in 1909."),
    ("date", "match", "United won the cup in 1998."),
    ("date", "tour", "東京タワーは1968年に完成した。"),
    ("subject", "chemist", "Brandt succeeded Olsen-Køhl as head of the institute."),
    ("subject", "chemist", "Olsen-Køhl won the Hagen Prize in 1925."),
    ("subject", "firm", "The Cyra is faster than the Alda."),
    ("subject", "firm", "Otto Berg founded Tarn Ferries."),
    ("subject", "match", "United beat Rovers 3-1 in the final."),
    ("subject", "match", "Dan Moss replaced Lee Hart."),
)


def written() -> list[Case]:
    """All of them."""
    passages = {key: passage_of(title, text) for key, (title, text) in _PASSAGES.items()}
    return [Case(kind, claim, passages[key]) for kind, key, claim in _CASES]

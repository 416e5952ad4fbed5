"""Where somebody comes from, as an adjective, and the country that it belongs to."""

from functools import cache

_NATIONS = """
Afghan Afghanistan; Albanian Albania; Algerian Algeria; American United States; Angolan Angola;
Argentine Argentina; Argentinian Argentina; Armenian Armenia; Australian Australia;
Austrian Austria; Azerbaijani Azerbaijan; Bangladeshi Bangladesh; Belarusian Belarus;
Belgian Belgium; Bolivian Bolivia; Bosnian Bosnia and Herzegovina; Brazilian Brazil;
British United Kingdom; Bulgarian Bulgaria; Cambodian Cambodia; Cameroonian Cameroon;
Canadian Canada; Chilean Chile; Chinese China; Colombian Colombia; Congolese Congo;
Costa Rican Costa Rica; Croatian Croatia; Cuban Cuba; Cypriot Cyprus; Czech Czech Republic;
Danish Denmark; Dominican Dominican Republic; Dutch Netherlands; Ecuadorian Ecuador;
Egyptian Egypt; English England; Estonian Estonia; Ethiopian Ethiopia; Filipino Philippines;
Finnish Finland; French France; Georgian Georgia; German Germany; Ghanaian Ghana; Greek Greece;
Guatemalan Guatemala; Haitian Haiti; Hungarian Hungary; Icelandic Iceland; Indian India;
Indonesian Indonesia; Iranian Iran; Iraqi Iraq; Irish Ireland; Israeli Israel; Italian Italy;
Jamaican Jamaica; Japanese Japan; Jordanian Jordan; Kazakh Kazakhstan; Kenyan Kenya;
Korean Korea; Kuwaiti Kuwait; Latvian Latvia; Lebanese Lebanon; Libyan Libya;
Lithuanian Lithuania; Malaysian Malaysia; Maltese Malta; Mexican Mexico; Moldovan Moldova;
Mongolian Mongolia; Moroccan Morocco; Mozambican Mozambique; Nepalese Nepal; New Zealand
New Zealand; Nigerian Nigeria; Norwegian Norway; Pakistani Pakistan; Palestinian Palestine;
Panamanian Panama; Paraguayan Paraguay; Persian Iran; Peruvian Peru; Polish Poland;
Portuguese Portugal; Puerto Rican Puerto Rico; Romanian Romania; Russian Russia;
Saudi Saudi Arabia; Scottish Scotland; Senegalese Senegal; Serbian Serbia; Singaporean Singapore;
Slovak Slovakia; Slovenian Slovenia; Somali Somalia; South African South Africa;
South Korean South Korea; North Korean North Korea; Soviet Soviet Union; Spanish Spain;
Sudanese Sudan; Swedish Sweden; Swiss Switzerland; Syrian Syria; Taiwanese Taiwan;
Tanzanian Tanzania; Thai Thailand; Tunisian Tunisia; Turkish Turkey; Ugandan Uganda;
Ukrainian Ukraine; Uruguayan Uruguay; Venezuelan Venezuela; Vietnamese Vietnam; Welsh Wales;
Zambian Zambia; Zimbabwean Zimbabwe; African Africa; Asian Asia; European Europe
"""
_TWO = ("Costa", "New", "Puerto", "South", "North")
"""First words of adjectives that have two."""


@cache
def _countries() -> dict[str, str]:
    """The country of each adjective."""
    made: dict[str, str] = {}
    for entry in " ".join(_NATIONS.split()).split(";"):
        words = entry.split()
        count = 2 if words[0] in _TWO else 1
        made[" ".join(words[:count])] = " ".join(words[count:])
    return made


def demonyms() -> tuple[str, ...]:
    """All adjectives, the longest first."""
    return tuple(sorted(_countries(), key=lambda word: (-len(word), word)))


@cache
def _named() -> dict[str, str]:
    """The country of each adjective and of each country's own name, without case."""
    countries = _countries()
    own = {country.casefold(): country for country in countries.values()}
    return {word.casefold(): country for word, country in countries.items()} | own


def country_of(text: str) -> str | None:
    """The country that an adjective or a name stands for, whatever its case; else None."""
    return _named().get(text.casefold())

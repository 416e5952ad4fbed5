"""What code itself says in a report, in the report's language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """Headings, and a line of the limits."""

    overview: str
    further: str
    limits: str
    not_found: str


ENGLISH = Phrases("Overview", "Further findings", "Limits", "Looked for, and not found")
_BY_LANGUAGE = {
    "English": ENGLISH,
    "German": Phrases("Überblick", "Weitere Befunde", "Grenzen", "Gesucht und nicht gefunden"),
    "French": Phrases("Aperçu", "Autres résultats", "Limites", "Cherché sans être trouvé"),
    "Spanish": Phrases("Resumen", "Otros hallazgos", "Límites", "Buscado y no encontrado"),
    "Italian": Phrases("Panoramica", "Altri risultati", "Limiti", "Cercato e non trovato"),
    "Portuguese": Phrases(
        "Visão geral", "Outros resultados", "Limites", "Procurado e não encontrado"
    ),
    "Dutch": Phrases("Overzicht", "Verdere bevindingen", "Grenzen", "Gezocht en niet gevonden"),
    "Russian": Phrases("Обзор", "Другие сведения", "Ограничения", "Искали и не нашли"),
    "Greek": Phrases("Επισκόπηση", "Άλλα ευρήματα", "Όρια", "Αναζητήθηκε και δεν βρέθηκε"),
    "Arabic": Phrases("نظرة عامة", "نتائج أخرى", "حدود", "تم البحث عنه ولم يُعثر عليه"),
    "Chinese": Phrases("概览", "其他发现", "局限", "查找而未找到"),
    "Japanese": Phrases("概要", "その他の事実", "限界", "探したが見つからなかったもの"),
}


def phrases(language: str) -> Phrases:
    """In a language by its English name; English where there are none."""
    return _BY_LANGUAGE.get(language, ENGLISH)

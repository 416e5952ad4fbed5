"""What is shown of a run that has ended: nothing of the server's own places is in it."""

from dataclasses import dataclass, replace

from planner import Answer, Sentence
from search import Passage
from service.api.places import Veil, shown_location, veil_of
from service.formats import Publication, as_markdown
from service.settings import Settings
from storage import Posting, RunRecord


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run has ended, with its answer if it has one."""

    publication: Publication
    has_answer: bool
    stopped_by: str | None
    """Who of the chat system's people had it stopped."""

    @classmethod
    def of(cls, run: RunRecord, posting: Posting, settings: Settings) -> "Ending":
        """Of one that is over."""
        given = run.answer or Answer(None, ())
        veil = veil_of(run, settings, [each.source.location for each in given.citations])
        answer = _shown(given, veil)
        began = run.started_at or run.created_at
        publication = Publication(
            run.id,
            str(run.options.get("asked", run.question)),
            run.status,
            answer,
            veil(run.reason),
            day=f"{began:%Y-%m-%d}",
        )
        return cls(publication, bool(answer.every_sentence), posting.stopped_by)

    def document(self, settings: Settings) -> str:
        """All of it, as Markdown."""
        return as_markdown(self.publication, settings.citations)


def _shown(answer: Answer, veil: Veil) -> Answer:
    """Without places of the server: documents are shown by their file names."""

    def sentence(given: Sentence) -> Sentence:
        return replace(given, text=veil(given.text))

    def passage(given: Passage) -> Passage:
        source = replace(
            given.source,
            location=shown_location(given.source.location, given.source.title),
            title=veil(given.source.title),
        )
        return replace(given, source=source, text=veil(given.text))

    changed = answer.each(sentence)
    return replace(changed, citations=tuple(map(passage, answer.citations)))

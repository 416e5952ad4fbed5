"""Chat systems: what all of them have in common. Each has a folder of its own, such as slack.

standing   how far a run has come, in a line
courier    goes on with what a chat system is to be shown, until it has been
ending     what is shown of a run that has ended
asking     from a question to a response, with its posting
taking     questions are kept, with bounded patience
calling    calls of their APIs, and what is known of what became of them
texts      texts in the pieces that they take
"""

from service.chats.asking import ChatAsking, Question, asked_of, refusal
from service.chats.calling import UPLOADING, Lanes, Refused, Unsure, calling, rest_of
from service.chats.courier import Courier, Gone, Held, Rest, Speaker, Undelivered, finished
from service.chats.ending import Ending
from service.chats.standing import Standing
from service.chats.taking import NotNow, Taking

__all__ = [
    "UPLOADING",
    "ChatAsking",
    "Courier",
    "Ending",
    "Gone",
    "Held",
    "Lanes",
    "NotNow",
    "Question",
    "Refused",
    "Rest",
    "Speaker",
    "Standing",
    "Taking",
    "Undelivered",
    "Unsure",
    "asked_of",
    "calling",
    "finished",
    "refusal",
    "rest_of",
]

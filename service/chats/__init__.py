"""Chat systems: what all of them have in common. Each has a folder of its own, such as slack.

standing   how far a run has come, in a line
courier    goes on with what a chat system is to be shown, until it has been
ending     what is shown of a run that has ended
taking     questions are kept, with bounded patience
"""

from service.chats.courier import Courier, Gone, Held, Rest, Speaker, Undelivered, finished
from service.chats.ending import Ending
from service.chats.standing import Standing
from service.chats.taking import NotNow, Taking

__all__ = [
    "Courier",
    "Ending",
    "Gone",
    "Held",
    "NotNow",
    "Rest",
    "Speaker",
    "Standing",
    "Taking",
    "Undelivered",
    "finished",
]

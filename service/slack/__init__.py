"""Slack: questions asked there, and what they come to, shown there.

hearing    what an event of Slack is for us: a question, a wish to stop, nothing
asking     from what was heard to a response, with its posting
mrkdwn     texts as Slack writes them, in pieces of the lengths that it takes
messages   how runs look in Slack
speaking   calls of Slack's API, and what is known of what became of them
showing    the message of a run, posted once and changed from then on
bot        all together: the routes, the socket, the courier

The extra `slack` has what it needs.
"""

from service.slack.bot import SlackBot, require_settings, slack_bot

__all__ = ["SlackBot", "require_settings", "slack_bot"]

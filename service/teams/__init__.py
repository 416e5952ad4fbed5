"""Microsoft Teams: questions asked there, and what they come to, shown there.

hearing    what an activity is for us: a question, a wish to stop, nothing
trust      whether an activity comes from the Bot Framework
messages   how runs look in Teams
speaking   calls of the Bot Framework's connector
showing    the message of a run, posted once and changed from then on
bot        all together: the route, the courier

The extra `teams` has what it needs.
"""

from service.teams.bot import TeamsBot, require_settings, teams_bot

__all__ = ["TeamsBot", "require_settings", "teams_bot"]

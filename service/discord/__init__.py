"""Discord: questions asked by a command, and what they come to, shown below it.

hearing    what an interaction is for us: a question, a wish to stop, nothing
messages   how runs look in Discord
speaking   calls of Discord's API
showing    the answer of an interaction, changed as long as Discord allows that
bot        all together: the route, the command, the courier

The extra `discord` has what it needs.
"""

from service.discord.bot import DiscordBot, discord_bot, require_settings

__all__ = ["DiscordBot", "discord_bot", "require_settings"]

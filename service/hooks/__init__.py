"""Hooks: addresses that other programs tell of what is to be found out, `POST /hooks/NAME`.

asking    from a body to a question, by the template of the settings
signing   whether a body comes from who knows the secret, and saying so ourselves
telling   answers, told to the address that a hook names
bot       all together: the route, the courier
"""

from service.hooks.bot import Hooks, hooks_bot, require_settings

__all__ = ["Hooks", "hooks_bot", "require_settings"]

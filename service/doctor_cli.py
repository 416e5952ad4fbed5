"""The command `breadth doctor`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from service.doctor import Finding, examined
from service.edge import AsJson, leave, run_to_end, show_json
from service.options import MODELS, Documents, takes
from service.settings import Settings
from service.sources import Root, root_of

commands = typer.Typer()
DOCTOR_EPILOG = """
Examples:

  breadth doctor

  breadth doctor --documents notes/ --search ddgs

  breadth doctor --quick --json
"""
_MARKS = {"ok": ("✓", "green"), "absent": ("–", "dim"), "broken": ("✗", "bold red")}
Quick = Annotated[bool, typer.Option("--quick", help="Load no model of this machine.")]


@commands.command(epilog=DOCTOR_EPILOG)
@takes("search", *MODELS, "tools")
def doctor(
    *,
    documents: Documents = None,
    settings: Settings,
    quick: Quick = False,
    as_json: AsJson = False,
) -> None:
    """Say what works on this machine, what does not, and how to get it; 1 where something that the
    settings want is broken."""
    roots = [root_of(given) for given in documents or ()]
    findings = run_to_end(look(settings, roots, quick=quick, shows=not as_json))
    if as_json:
        show_json(
            [
                {"part": each.part, "state": each.state, "told": each.told, "remedy": each.remedy}
                for each in findings
            ]
        )
    leave(1 if any(each.state == "broken" for each in findings) else 0)


async def look(settings: Settings, roots: list[Root], *, quick: bool, shows: bool) -> list[Finding]:
    """Each is shown when it is known."""
    console, findings = Console(highlight=False), []
    async for finding in examined(settings, roots, quick=quick):
        findings.append(finding)
        if shows:
            mark, style = _MARKS[finding.state]
            line = Text.assemble((f"{mark} ", style), (f"{finding.part}: ", "bold"), finding.told)
            console.print(line, soft_wrap=True)
            if finding.remedy:
                console.print(Text(f"    {finding.remedy}"), soft_wrap=True)
    return findings

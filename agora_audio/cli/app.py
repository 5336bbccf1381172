"""The commands, put together."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import agora_audio
from agora_audio.cli import apm, batch, close_stdout, consume, doctor, lab, process, segment, vad

__all__ = ["app"]


class _Commands(TyperGroup):
    """The commands, ended quietly by a reader such as ``head`` that has seen enough."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            close_stdout()
            return 0

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; where it belongs to a group, say to which."""
        if args and args[0] not in self.commands and not ctx.resilient_parsing:
            groups = [name for name, one in self.commands.items() if args[0] in getattr(one, "commands", ())]
            if groups:
                meant = " or ".join(repr(f"{name} {args[0]}") for name in groups)
                ctx.fail(f"No such command {args[0]!r}. Did you mean {meant}?")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Commands,
    name="agora-audio",
    help="The audio front end of a voice agent, on files and pipes: what is tuned here runs unchanged in the call.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(vad.app, name="vad")
app.add_typer(apm.app, name="apm")
app.command()(process.process)
app.add_typer(batch.app, name="batch")
app.add_typer(lab.app, name="lab")
app.command()(consume.consume)
app.command()(segment.segment)
app.command()(doctor.doctor)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"agora-audio {agora_audio.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""

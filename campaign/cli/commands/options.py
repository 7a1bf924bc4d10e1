"""Arguments and options that many commands have, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Definition = Annotated[
    Path, typer.Argument(help="The campaign's definition, a YAML file.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
EnvFile = Annotated[
    Path | None, typer.Option(help="File of KEY=VALUE lines with secrets.", show_default=False)
]
RunName = Annotated[
    str | None,
    typer.Option("--run", help="Name of the run. Default: the newest.", show_default=False),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        help="Do not ask before sending. Where nobody sits at a terminal, nobody is asked anyway.",
    ),
]

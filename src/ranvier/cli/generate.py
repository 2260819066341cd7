"""ranvier generate: a language model goes on with a text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from . import request
from .output import Json, emit


def generate(
    model: Annotated[Path, typer.Argument(help="A language model, such as runs/hamlet-1/model.rv.")],
    prompt: Annotated[
        str, typer.Option("--prompt", help="The text so far.", show_default="a line end")
    ] = "\n",
    tokens: Annotated[int, typer.Option("--tokens", min=1, help="So many tokens are written.")] = 300,
    temperature: Annotated[
        float,
        typer.Option(
            "--temperature", min=0.0, help="Below 1 the likely becomes likelier; 0: always the likeliest."
        ),
    ] = 1.0,
    top_k: Annotated[
        int | None,
        typer.Option("--top-k", min=1, help="Only the K likeliest may be chosen.", show_default="all"),
    ] = None,
    top_p: Annotated[
        float,
        typer.Option("--top-p", min=0.0, max=1.0, help="Only the likeliest of together this probability."),
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="Of the choices: the same gives the same text.")] = 0,
    base: request.Base = None,
    as_json: Json = False,
) -> None:
    """Go on with a text, token by token, with a model that was trained with --task generate.

    \b
    Examples:
      ranvier generate runs/hamlet-1/model.rv --prompt "HAMLET" --tokens 500
      ranvier generate runs/hamlet-1/model.rv --prompt "To be" --temperature 0.8 --top-p 0.9 --seed 1
    """
    from ..delivery.language import load_language
    from ..network.language import Sampling

    answering = load_language(model, base)
    pieces = answering.stream(prompt, tokens, Sampling(temperature, top_k, top_p), seed)
    if as_json:
        emit({"event": "done", "prompt": prompt, "written": "".join(pieces), "tokens": tokens, "seed": seed})
        return
    sys.stdout.write(prompt)
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")

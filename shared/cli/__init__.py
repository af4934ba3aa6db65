"""The operators' command, darkroom. Never deployed; the only package that knows typer and rich."""

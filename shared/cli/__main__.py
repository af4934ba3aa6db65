"""``python -m shared.cli``: the command, where its script is not installed."""

from shared.cli.main import app

if __name__ == "__main__":
    app(prog_name="darkroom")

"""``python -m shared.cli``: the command, where its script is not installed."""

from shared.cli.command import main

if __name__ == "__main__":
    main()

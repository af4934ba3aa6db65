"""``python -m localhost.run``: see ``python3 dev.py run --help``."""

import sys

from localhost.run.task import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m sandbox.tryton`: see `--help`."""

import sys

from sandbox.tryton.cli import main

sys.exit(main())

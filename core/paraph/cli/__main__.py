"""``python -m paraph.cli`` is the same as ``paraph``."""

import sys

from paraph.cli import main

sys.exit(main())

"""`python -m docs.site`."""

import sys

from .building import main

sys.exit(main(sys.argv[1:]))

"""`python -m wasm2py`."""

import sys

from wasm2py.cli import main

sys.exit(main())

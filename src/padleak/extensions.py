"""Your own paddings, maskings, models, measures and data sets, beside those of the package.

A file `NAME.py` in the folder that `PADLEAK_EXTENSIONS` names, else in `padleak_extensions` here, is the module
`padleak.extensions.NAME`, in this process as in its workers. Nothing else is in here, since a file of yours may have any
name; `padleak.discovery` imports them.
"""

import os
from pathlib import Path

__path__ = [str(Path(os.environ.get("PADLEAK_EXTENSIONS") or "padleak_extensions").resolve())]

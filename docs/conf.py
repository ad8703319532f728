"""How Sphinx makes the site: `./make_docs.sh`."""

import sys
from pathlib import Path

from padleak.models import backend

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
backend.start()  # some modules import Keras, which is quiet so

project = "padleak"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "padleak"
html_theme_options = {"navigation_with_keys": True}
html_copy_source = False
html_show_copyright = False
default_role = "code"  # docstrings put code between single backticks
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_use_rtype = False
napoleon_use_ivar = True
add_module_names = False
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(?!padleak\.).*"),  # other packages, whose pages are not fetched
    (r"py:.*", r"padleak\..*\.(_\w+|T)"),  # what is not shown
]


def setup(app) -> None:
    """The pages of the API are written before the others are read."""
    from api import write_pages

    app.connect("config-inited", lambda app, config: write_pages(HERE / "api"))
    app.connect("autodoc-skip-member", _skip_fields)


def _skip_fields(app, what, name, thing, skip, options) -> bool | None:
    """Fields of named tuples stand among the attributes already, with what they mean."""
    return True if type(thing).__name__ == "_tuplegetter" else None

"""Sphinx's settings for the site; `building.py` lays out what it reads."""

import json
import os

project = "minitorch"
author = "the minitorch authors"
copyright = author
extensions = ["myst_parser", "docs.site.docstrings", "docs.site.navigation", "docs.site.sources"]
myst_heading_anchors = 4
suppress_warnings = [
    "misc.highlighting_failure",  # examples of Python that leave something out with «…»
    "myst.header",  # a page may begin with a smaller heading
]
minitorch_shown = json.loads(os.environ.get("MINITORCH_SITE_SHOWN", "[]"))

nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types in signatures; the directives make links of names they know alone
add_module_names = True
toc_object_entries = False  # see navigation.py
python_maximum_signature_line_length = 88
highlight_language = "none"
smartquotes = False  # of code in the docstrings

html_theme = "furo"
html_title = "minitorch"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_domain_indices = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "github-dark"

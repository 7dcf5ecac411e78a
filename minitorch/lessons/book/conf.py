"""Sphinx's settings for the book; `building.py` passes language and titles with -D."""

project = "minitorch: the lessons"
author = "the minitorch authors"
copyright = author
extensions: list[str] = ["myst_nb", "minitorch.lessons.book.chinese", "minitorch.lessons.book.mathml"]
myst_enable_extensions: list[str] = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks come with their outputs
nb_merge_streams = True
nb_render_markdown_format = "myst"

html_theme = "furo"
html_title = project
html_math_renderer = "mathml"
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_show_copyright = False
html_static_path: list[str] = ["static"]
html_css_files: list[str] = ["book.css"]
html_theme_options: dict[str, bool] = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "github-dark"

"""A Sphinx extension: the navigation beside pages that Sphinx would make slowly, or not at all.

Names of the reference in Sphinx's own table of contents would be walked through for each page of the site, which takes
minutes. So they stand in the contents of their own page alone.
"""

from __future__ import annotations

import html
from functools import partial
from typing import Any

from . import reference


def contents(page: reference.Page) -> str:
    """The names on a page of the reference, as its table of contents."""
    items = [
        f'<li><a class="reference internal" href="#{html.escape(name)}">{html.escape(name.rpartition(".")[2])}</a></li>'
        for name in page.names
    ]
    return f'<ul><li><a class="reference internal" href="#">{html.escape(page.title)}</a><ul>{"".join(items)}</ul></li></ul>'


def before_theme(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Exchange what the theme asks for."""
    page = _pages(app).get(pagename)
    if page is not None and page.names:
        context["toc"] = contents(page)
    if "toctree" in context and not pagename.startswith("sources/"):
        # Only the branch that the page is on: all branches would be most of every page, and of the time to make it.
        context["toctree"] = partial(_branch, context["toctree"])
    elif "toctree" in context:
        # None of these is in the tree, so it is the same for all that lie equally deep; and short, for it is in each.
        context["toctree"] = partial(_same_tree, app, pagename.count("/"), context["toctree"])


def _branch(make: Any, **options: Any) -> str:
    return make(**options | {"collapse": True})


def _pages(app: Any) -> dict[str, reference.Page]:
    if not hasattr(app, "_minitorch_pages"):
        app._minitorch_pages = {page.docname: page for page in reference.pages()}
        app._minitorch_trees = {}
    return app._minitorch_pages


def _same_tree(app: Any, depth: int, make: Any, **options: Any) -> str:
    if depth not in app._minitorch_trees:
        app._minitorch_trees[depth] = make(**options | {"maxdepth": 1})
    return app._minitorch_trees[depth]


def after_theme(app: Any, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    page = _pages(app).get(pagename)
    if page is not None and len(page.names) > 1:
        context["furo_hide_toc"] = False


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    app.connect("html-page-context", before_theme, priority=400)
    app.connect("html-page-context", after_theme, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

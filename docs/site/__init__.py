"""The documentation as a website, `make docs`: guides, reference, operations, lessons.

`building.py` makes it, in these steps: `guides.py` lays out the Markdown of the repository as pages, `reference.py`
writes a page for each public module, and Sphinx (`conf.py`) makes HTML of them, with `docstrings.py`, which turns a
docstring into a page's text, and `sources.py`, which shows the files that pages link to. `searching.py` lets one search
find the lessons too. `minitorch.lessons.book.pages` looks at the result.
"""

"""A docstring as a page's text. Docstrings here are plain text, not RST: nothing in them is markup but these forms.

    a paragraph             its lines are joined; `name` and ``code`` are code, and a link where it is a public name
    an example              a line that begins with three >, and what it prints, up to the next empty line
    Shapes: …, Errors: …    a paragraph of its own, also in the middle of one
    Source: https://…       a reference
        an indented block   as it stands: formulas of several lines
    Args:                   and a line for each of them, indented

So `x[i]`, xᵢ*, |x| and x_ come out as they were written.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from docutils import nodes

INLINE = re.compile(r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)|(?P<url>https?://[^\s<>]+)", re.S)
ARGUMENT = re.compile(r"^    (\S.*?): ")
Link = Callable[[str, nodes.Node], nodes.Node]


def no_link(name: str, shown: nodes.Node) -> nodes.Node:
    return shown


def body(text: str, link: Link = no_link) -> list[nodes.Node]:
    """The nodes of a docstring; `link(name, node)` makes links of names in backticks, where it knows them.

    >>> [type(node).__name__ for node in body("Elementwise x * y_i.\\n\\n    z = x\\n\\n>>> 1\\n1")]
    ['paragraph', 'literal_block', 'literal_block']
    >>> body("Elementwise *x* and |y_|, `a[0]`.")[0].astext()
    'Elementwise *x* and |y_|, a[0].'
    """
    blocks = re.split(r"\n\s*\n|\n(?=(?:Shapes|Errors): )", inspect.cleandoc(text))
    return [node for block in blocks if block for node in _block(block, link)]


def _block(text: str, link: Link) -> list[nodes.Node]:
    lines = text.split("\n")
    if lines[0].lstrip().startswith(">>> "):
        return [_verbatim(inspect.cleandoc(text), "pycon")]
    if any(line.startswith(">>> ") for line in lines):
        where = next(i for i, line in enumerate(lines) if line.startswith(">>> "))
        return [*_block("\n".join(lines[:where]), link), *_block("\n".join(lines[where:]), link)]
    if all(line.startswith("    ") for line in lines):
        return [_verbatim(inspect.cleandoc(text), "none")]
    if lines[0].endswith(":") and len(lines) > 1 and ARGUMENT.match(lines[1]):
        return [nodes.paragraph("", "", *_inline(lines[0], link)), _arguments(lines[1:], link)]
    if any(line.startswith(" ") for line in lines):
        return [_verbatim(text, "none")]
    paragraph = nodes.paragraph("", "", *_inline(re.sub("::$", ":", " ".join(lines)), link))
    if text.startswith("Source:"):
        paragraph["classes"].append("reference-source")
    return [paragraph]


def _verbatim(text: str, language: str) -> nodes.literal_block:
    return nodes.literal_block(text, text, language=language, force=True)


def _arguments(lines: list[str], link: Link) -> nodes.bullet_list:
    told: list[tuple[str, list[str]]] = []
    for line in lines:
        begins = ARGUMENT.match(line)
        if begins:
            told.append((begins[1], [line[begins.end() :]]))
        else:
            told[-1][1].append(line.strip())
    items = []
    for names, text in told:
        parts: list[nodes.Node] = []
        for name in names.split(", "):
            parts += [nodes.Text(", ")] * bool(parts) + [nodes.literal(name, name)]
        paragraph = nodes.paragraph("", "", *parts, nodes.Text(": "), *_inline(" ".join(text), link))
        items.append(nodes.list_item("", paragraph))
    return nodes.bullet_list("", *items)


def _inline(text: str, link: Link) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    end = 0
    for match in INLINE.finditer(text):
        stop = match.end()
        if match["url"]:
            url = match["url"].rstrip(".,;:")
            url = url if "(" in url else url.rstrip(")")
            stop = match.start() + len(url)
            node: nodes.Node = nodes.reference("", shortened(url), refuri=url, internal=False)
        else:
            node = link(match["code"], nodes.literal(match["code"], match["code"]))
        if match.start() > end:
            found.append(nodes.Text(text[end : match.start()]))
        found.append(node)
        end = stop
    return [*found, nodes.Text(text[end:])] if end < len(text) else found


def shortened(url: str) -> str:
    """What a link is called: the name that a page of PyTorch's is on, and for others the address.

    >>> shortened("https://docs.pytorch.org/docs/stable/generated/torch.nn.GELU.html")
    'torch.nn.GELU'
    >>> shortened("https://arxiv.org/abs/1412.6980")
    'arxiv.org/abs/1412.6980'
    """
    known = re.fullmatch(r"https://docs\.pytorch\.org/\S*?(?:generated/([\w.]+)\.html|\.html#([\w.]+))", url)
    return (known[1] or known[2]) if known else url.partition("://")[2]


def first_paragraph(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())


def first_sentence(text: str | None) -> str:
    """Up to the first full stop that a space follows."""
    paragraph = first_paragraph(text)
    return re.split(r"(?<=[^.…]\.)\s", paragraph, maxsplit=1)[0]


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls: the directives `told`, a name's docstring, and `told-list`, names with their first sentences."""
    from sphinx import addnodes
    from sphinx.util.docutils import SphinxDirective

    from . import reference

    def linker(name: str) -> Link:
        room = name.rpartition(".")[0]
        arguments = reference.arguments(name)

        def link(code: str, shown: nodes.Node) -> nodes.Node:
            wanted = re.sub(r"^(mini)?torch\.", "minitorch.", code.removesuffix("()"))
            if wanted in arguments:
                return shown
            options = [wanted, f"{room}.{wanted}", f"minitorch.{wanted}"]
            options += [f"{name}.{wanted}"] * code.endswith("()")
            known = next((option for option in options if option in reference.documented() and option != name), None)
            return shown if known is None else xref(known, shown)

        return link

    def xref(name: str, shown: nodes.Node) -> nodes.Node:
        return addnodes.pending_xref(
            "", shown, refdomain="py", reftype="obj", reftarget=name, refexplicit=True, refwarn=True
        )

    class Told(SphinxDirective):
        required_arguments = 1

        def run(self) -> list[nodes.Node]:
            name = self.arguments[0]
            found = body(reference.text_of(name), linker(name))
            for node in found:
                for part in node.findall(addnodes.pending_xref):
                    part["refdoc"] = self.env.docname
            return found

    class ToldList(SphinxDirective):
        has_content = True

        def run(self) -> list[nodes.Node]:
            items = []
            for name in self.content:
                shown = xref(name, nodes.literal("", name.rpartition(".")[2]))
                shown["refdoc"] = self.env.docname
                sentence = _inline(first_sentence(reference.text_of(name)), no_link)
                items.append(nodes.list_item("", nodes.paragraph("", "", shown, nodes.Text(" "), *sentence)))
            return [nodes.bullet_list("", *items, classes=["names"])]

    app.add_directive("told", Told)
    app.add_directive("told-list", ToldList)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

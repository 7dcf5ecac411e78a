"""The reference: which public names there are, on which pages, and what these pages say."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import minitorch

from .docstrings import first_paragraph, first_sentence

ROOT = Path(minitorch.__file__).resolve().parents[1]

# Every public module, in the order of the navigation. How its names are laid out: a "page"; "pages" by the files they
# are defined in; or "sections" of one page.
ROOMS = {
    "minitorch": "pages",
    "minitorch.Tensor": "methods",
    "minitorch.autograd": "page",
    "minitorch.autograd.functional": "page",
    "minitorch.autograd.function": "page",
    "minitorch.autograd.gradcheck": "page",
    "minitorch.autograd.graph": "page",
    "minitorch.func": "page",
    "minitorch.nn": "files",
    "minitorch.nn.functional": "sections",
    "minitorch.nn.init": "page",
    "minitorch.nn.parameter": "page",
    "minitorch.nn.utils": "page",
    "minitorch.nn.utils.parametrizations": "page",
    "minitorch.nn.utils.parametrize": "page",
    "minitorch.nn.utils.rnn": "page",
    "minitorch.nn.parallel": "page",
    "minitorch.optim": "page",
    "minitorch.optim.optimizer": "page",
    "minitorch.optim.lr_scheduler": "page",
    "minitorch.optim.swa_utils": "page",
    "minitorch.linalg": "page",
    "minitorch.special": "page",
    "minitorch.distributions": "page",
    "minitorch.utils.data": "page",
    "minitorch.utils.data.collate": "page",
    "minitorch.utils.data.worker_info": "page",
    "minitorch.utils.checkpoint": "page",
    "minitorch.utils.dlpack": "page",
    "minitorch.multiprocessing": "page",
    "minitorch.vision.datasets": "page",
    "minitorch.vision.datasets.folder": "page",
    "minitorch.vision.datasets.mnist": "page",
    "minitorch.vision.datasets.utils": "page",
    "minitorch.vision.datasets.vision": "page",
    "minitorch.vision.transforms": "page",
    "minitorch.vision.transforms.functional": "page",
    "minitorch.vision.transforms.random_lists": "page",
    "minitorch.vision.utils": "page",
    "minitorch.pictures": "page",
    "minitorch.testing": "page",
    "minitorch.serialization": "page",
    "minitorch.safetensors": "page",
    "minitorch.files": "page",
    "minitorch.cuda": "page",
    "minitorch.cuda.amp": "page",
    "minitorch.accelerator": "page",
    "minitorch.amp": "page",
    "minitorch.backends": "page",
    "minitorch.backends.cuda": "page",
    "minitorch.backends.cudnn": "page",
    "minitorch.backends.mps": "page",
    "minitorch.random": "page",
    "minitorch.compiling": "page",
    "minitorch.as_torch": "page",
    "minitorch.lessons": "page",
}
HIDDEN = ("minitorch.as_torch", "minitorch.autograd.gradcheck")  # modules behind the function of their name
FEW = 4  # a file with fewer names than this shares a page with others


@dataclass
class Section:
    """Names that stand together, with what is said above them."""

    title: str
    about: str = ""
    names: list[str] = field(default_factory=list)


@dataclass
class Page:
    """A page of the reference: its place in the site without the suffix, and its sections."""

    docname: str
    title: str
    room: str
    about: str = ""
    sections: list[Section] = field(default_factory=list)
    opens: bool = False  # the room's first page, where the room itself is described
    children: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [name for section in self.sections for name in section.names]


# ---- what there is ---------------------------------------------------------------------------------------------------


def room_of(name: str) -> Any:
    """The module or class of a name in ROOMS."""
    return minitorch.Tensor if name == "minitorch.Tensor" else import_module(name)


def public(room: ModuleType) -> dict[str, Any]:
    """The functions and classes of a public module that are the engine's own."""
    names = getattr(room, "__all__", None) or [name for name in vars(room) if not name.startswith("_")]
    found = {name: getattr(room, name) for name in sorted(names)}
    return {name: value for name, value in found.items() if _is_ours(value)}


def _is_ours(value: Any) -> bool:
    is_ours = (getattr(value, "__module__", None) or "").startswith("minitorch")
    return is_ours and (inspect.isroutine(value) or inspect.isclass(value))


def members(owner: type, known: Iterable[Any] = ()) -> dict[str, Any]:
    """The public methods and properties of a class that have a docstring of their own.

    With those of base classes that are not public themselves, nor part of one that is: they would stand nowhere.
    """
    found: dict[str, Any] = {}
    told = [base for base in owner.__mro__[1:] if base in known]
    for base in owner.__mro__:
        if base is owner or (base.__module__.startswith("minitorch") and not any(issubclass(k, base) for k in told)):
            for name, value in vars(base).items():
                plain = getattr(value, "__func__", value)
                is_member = inspect.isfunction(plain) or isinstance(value, property)
                if is_member and not name.startswith("_") and name not in found and plain.__doc__:
                    found[name] = value
    return dict(sorted(found.items()))


def tensor_families() -> list[tuple[type, dict[str, Any]]]:
    """What tensors can do, by the classes that it is written in; `Tensor` itself first."""
    seen: set[str] = set()
    families = []
    for base in minitorch.Tensor.__mro__:
        own = {k: v for k, v in sorted(vars(base).items()) if not k.startswith("_") and k not in seen}
        own = {k: v for k, v in own.items() if inspect.isroutine(v) or isinstance(v, property | classmethod | staticmethod)}
        seen |= own.keys()
        if own and base is not object:
            families.append((base, own))
    return families


@cache
def documented() -> dict[str, Any]:
    """Every name of the reference, with its value."""
    found: dict[str, Any] = {}
    rooms = {room: room_of(room) for room in ROOMS}
    for room, module in rooms.items():
        if inspect.ismodule(module):
            found |= {f"{room}.{name}": value for name, value in public(module).items()}
    for _, own in tensor_families():
        found |= {f"minitorch.Tensor.{name}": value for name, value in own.items()}
    classes = [(name, value) for name, value in found.items() if inspect.isclass(value)]
    known = {value for _, value in classes}
    for name, value in classes:
        if value is not minitorch.Tensor:
            found |= {f"{name}.{k}": v for k, v in members(value, known).items()}
    return found


def constants() -> dict[str, Any]:
    """Dtypes, layouts and numbers under `minitorch`."""
    kinds = (type(minitorch.float32), type(minitorch.strided), type(minitorch.preserve_format), float)
    return {f"minitorch.{k}": v for k, v in sorted(vars(minitorch).items()) if isinstance(v, kinds) and k[0] != "_"}


def text_of(name: str) -> str:
    """The docstring of a name, or of a module.

    «See `other`.» alone is followed by what the other one says first.
    """
    value = documented()[name] if name in documented() else _unlisted(name)
    text = inspect.getdoc(value) or ""
    other = re.fullmatch(r"See `([\w.]+)`\.?", text.strip())
    if other and other[1] in documented():
        said = first_paragraph(documented()[other[1]].__doc__)
        return f"See `{other[1]}`: {said}" if said else text
    return text


def _unlisted(name: str) -> Any:
    """A module, or a class that holds some of the methods of a tensor."""
    try:
        return import_module(name)
    except ImportError:
        module, _, attribute = name.rpartition(".")
        return getattr(import_module(module), attribute)


def arguments(name: str) -> set[str]:
    """What the arguments of a function, or of making an object of a class, are called."""
    try:
        return set(inspect.signature(documented()[name]).parameters)
    except (KeyError, TypeError, ValueError):
        return set()


def place_of(value: Any) -> tuple[str, int] | None:
    """The file that something is defined in, seen from the repository, and its line; None where that can't be said."""
    value = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    value = inspect.unwrap(value) if callable(value) and not inspect.isclass(value) else value
    try:
        path = Path(inspect.getsourcefile(value) or "").resolve()
        line = value.__code__.co_firstlineno if inspect.isfunction(value) else _class_line(value, path)
    except (TypeError, OSError, ValueError):
        return None
    return (path.relative_to(ROOT).as_posix(), line) if path.is_relative_to(ROOT) else None


def _class_line(value: type, path: Path) -> int:
    # inspect.getsourcelines parses the whole file each time.
    lines = _lines(path)
    pattern = re.compile(rf"\s*class {re.escape(value.__name__)}\b")
    return next((i + 1 for i, line in enumerate(lines) if pattern.match(line)), 1)


@cache
def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


# ---- how it is laid out ----------------------------------------------------------------------------------------------


def title_of(text: str | None, otherwise: str) -> str:
    """A short title from the docstring of a module: what stands before its first colon, stop or dash, or a comma.

    >>> title_of("Smooth activations: ELU and its relatives.", "activations")
    'Smooth activations'
    >>> title_of("What is far too long for a title, which should fit a line of the navigation.", "some_file")
    'Some file'
    """
    head = re.split(r"[:;.](?:\s|$)|\s[(–—]", first_paragraph(text).replace("`", ""), maxsplit=1)[0].strip()
    if len(head) > 50 and not head.startswith(("Wh", "How")):
        head = head.partition(",")[0]
    if not 3 <= len(head) <= 50:
        head = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", otherwise).lower()
    return head[:1].upper() + head[1:]


def by_file(values: dict[str, Any]) -> dict[str, list[str]]:
    """Names by the files that their values are defined in, in alphabetical order of the files."""
    found: dict[str, list[str]] = {}
    for name, value in values.items():
        place = place_of(value)
        found.setdefault(place[0] if place else "", []).append(name)
    return dict(sorted(found.items()))


def _module_of(file: str) -> str:
    return re.sub(r"(/__init__)?\.py$", "", file).replace("/", ".")


def section_of(file: str, names: list[str]) -> Section:
    if not file:
        return Section("Further names", "", names)
    module = _module_of(file)
    text = import_module(module).__doc__
    return Section(title_of(text, module.rpartition(".")[2]), first_sentence(text), names)


def _group(file: str) -> str:
    """What shares a page: a file, or a folder of operations."""
    inside = re.match(r"(minitorch/ops/[a-z_0-9]+)/", file)
    return inside[1] if inside else file


def pages_of(room: str, layout: str) -> list[Page]:
    """The pages of one room."""
    first = f"reference/{room.removeprefix('minitorch.').replace('.', '_')}"
    title = room if room == "minitorch" else room.removeprefix("minitorch.")
    if layout == "methods":
        return tensor_pages(first)
    values = {f"{room}.{name}": value for name, value in public(room_of(room)).items()}
    values.pop("minitorch.Tensor", None)
    page = Page(first, title, room, opens=True)
    if layout == "page":
        page.sections = [Section("", "", list(values))]
        return [page]
    files = by_file(values)
    if layout == "sections":
        page.sections = [section_of(file, names) for file, names in files.items()]
        return [page]
    groups: dict[str, dict[str, list[str]]] = {}
    for file, names in files.items():
        groups.setdefault(_group(file), {})[file] = names
    pages, rest = [], Page(f"{first}/further", "Further ones", room)
    for group, inside in groups.items():
        sections = [section_of(file, names) for file, names in inside.items()]
        if not group or (layout == "pages" and sum(map(len, inside.values())) < FEW):
            rest.sections += sections
            continue
        stem = re.sub(r"(/__init__)?\.py$", "", group).rpartition("/")[2]
        text = import_module(_module_of(group)).__doc__
        made = Page(f"{first}/{stem}", title_of(text, stem), room, first_sentence(text), sections)
        if len(sections) == 1:
            sections[0].title = sections[0].about = ""
        pages.append(made)
    pages.sort(key=lambda made: made.title)
    pages += [rest] if rest.sections else []
    if room == "minitorch":
        pages.append(Page(f"{first}/constants", "Dtypes and constants", room, "Values under `minitorch`."))
        pages[-1].sections = [Section("", "", list(constants()))]
    page.children = [made.docname for made in pages]
    return [page, *pages]


def tensor_pages(first: str) -> list[Page]:
    page = Page(first, "Tensor", "minitorch", opens=True)
    pages: dict[str, Page] = {}
    for owner, own in tensor_families():
        names = [f"minitorch.Tensor.{name}" for name in own]
        if owner is minitorch.Tensor:
            page.sections = [Section("", "", ["minitorch.Tensor", *names])]
            continue
        title = title_of(owner.__doc__, owner.__name__)
        made = Page(f"{first}/{owner.__name__.lower()}", title, "minitorch", first_sentence(owner.__doc__))
        made = pages.setdefault(title, made)  # two classes may be of one family
        made.sections = [Section("", "", sorted(made.names + names))]
    page.children = [made.docname for made in pages.values()]
    return [page, *pages.values()]


@cache
def pages() -> tuple[Page, ...]:
    """All pages of the reference but its index."""
    return tuple(page for room, layout in ROOMS.items() for page in pages_of(room, layout))


# ---- what is written -------------------------------------------------------------------------------------------------


def annotation(given: Any) -> str:
    """A type as briefly as it can be said; nothing for Any, which says nothing."""
    text = given if isinstance(given, str) else inspect.formatannotation(given)
    text = re.sub(r"\b(?:typing|collections\.abc|minitorch(?:\.\w+)*|types|np|numpy)\.(?=\w)", "", text).replace("'", "")
    return "" if text in ("Any", "object") else text


def default(value: Any) -> str:
    """A default as it would be written."""
    if inspect.isroutine(value) or inspect.isclass(value):
        return value.__name__
    text = repr(value)
    return text if not text.startswith("<") and len(text) < 60 else "..."


def signature(value: Any, is_bound: bool = False) -> str:
    """The arguments and the result: `(input, dim: int = -1) -> Tensor`.

    >>> def f(x: "Any", *sizes: "int", dim: "int | None" = None) -> "Any": ...
    >>> signature(f)
    '(x, *sizes: int, dim: int | None = None)'
    """
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    parts: list[str] = []
    marked = False
    parameters = list(found.parameters.values())[is_bound:]
    for i, p in enumerate(parameters):
        if p.kind is p.KEYWORD_ONLY and not marked and not any(q.kind is q.VAR_POSITIONAL for q in parameters):
            parts.append("*")
            marked = True
        kind = annotation(p.annotation) if p.annotation is not p.empty else ""
        text = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "") + p.name + (f": {kind}" if kind else "")
        if p.default is not p.empty:
            text += (" = " if kind else "=") + default(p.default)
        parts.append(text)
        following = parameters[i + 1].kind if i + 1 < len(parameters) else None
        if p.kind is p.POSITIONAL_ONLY and following is not p.POSITIONAL_ONLY:
            parts.append("/")
    result = "" if found.return_annotation is found.empty or inspect.isclass(value) else annotation(found.return_annotation)
    return f"({', '.join(parts)})" + (f" -> {result}" if result else "")


def entry(name: str, room: str, indent: str = "") -> Iterator[str]:
    """The directive of one name, and of a class's members."""
    value = documented().get(name, constants().get(name))
    short = name.removeprefix(f"{room}.")
    if name in constants():
        yield from (f"{indent}.. py:data:: {short}", f"{indent}   :value: {_shown(value)}", "")
        return
    owner, _, last = name.rpartition(".")
    is_member = inspect.isclass(documented().get(owner)) and not inspect.isclass(value)
    if is_member and indent:
        short = last
    options = []
    if is_member:
        raw = inspect.getattr_static(documented()[owner], last)
        if isinstance(raw, property):
            kind, said = "py:property", ""
            returned = annotation(getattr(raw.fget, "__annotations__", {}).get("return", ""))
            options = [f":type: {returned}"] if returned else []
        else:
            kind = "py:method"
            said = signature(value, is_bound=not isinstance(raw, staticmethod | classmethod))
            options = [f":{type(raw).__name__}:"] if isinstance(raw, staticmethod | classmethod) else []
    elif inspect.isclass(value):
        kind = "py:exception" if issubclass(value, BaseException) else "py:class"
        said = "" if issubclass(value, enum.Enum) else signature(value)
    else:
        kind, said = "py:function", signature(value) or "()"
    yield f"{indent}.. {kind}:: {short}{said}"
    yield from (f"{indent}   {option}" for option in options)
    yield from ("", f"{indent}   .. told:: {name}", "")
    if inspect.isclass(value) and value is not minitorch.Tensor:
        start = f"{name}."
        for inner in documented():
            if inner.startswith(start) and "." not in inner[len(start) :]:
                yield from entry(inner, room, indent + "   ")


def _shown(value: Any) -> str:
    return repr(value).removeprefix("torch.")


def plain(text: str) -> str:
    """Text for an RST page, where the characters that mark something up stand for themselves."""
    parts = re.split(r"(`+)(.+?)\1", text)
    said = []
    for i in range(0, len(parts), 3):
        said.append(re.sub(r"([\\*`|_])", r"\\\1", parts[i]))
        if i + 2 < len(parts):
            said.append(f"\\ ``{parts[i + 2]}``\\ ")
    return "".join(said)


def heading(text: str, line: str) -> list[str]:
    return [text, line * max(3, 2 * len(text)), ""]


def written(page: Page) -> str:
    """The page in RST."""
    lines = heading(plain(page.title), "=")
    if page.opens and page.docname != "reference/Tensor":
        lines += [f".. py:module:: {page.room}"]
        if page.room in HIDDEN:
            lines += ["   :no-index:"]
        lines += ["", f".. told:: {page.room}", ""]
    else:
        lines += [f".. py:currentmodule:: {page.room}", ""]
        lines += [plain(page.about), ""] if page.about and page.about.rstrip(".") != page.title else []
    if page.children:
        lines += [".. toctree::", "   :maxdepth: 1", "", *(f"   /{child}" for child in page.children), ""]
    for section in page.sections:
        lines += heading(plain(section.title), "-") if section.title else []
        lines += [plain(section.about), ""] if section.about and section.about.rstrip(".") != section.title else []
        told = [name for name in section.names if name in documented() and name != "minitorch.Tensor"]
        if len(told) > 2:
            lines += [".. told-list::", "", *(f"   {name}" for name in told), ""]
        for name in section.names:
            lines += entry(name, page.room)
    return "\n".join(lines) + "\n"


INDEX = """\
Reference
=========

Every public name, from the docstrings. Names, arguments, defaults and results are PyTorch's; what is not supported
raises an error that names it. {names} functions, classes and methods; all of them in one list: :ref:`genindex`.
The examples run as tests. How far each operation is from PyTorch's, measured: :doc:`/ops/index`.

.. toctree::
   :maxdepth: 1

{pages}
"""


def write(folder: Path) -> list[Path]:
    """Write the pages below `folder`; their paths."""
    paths = []
    for page in pages():
        path = folder / f"{page.docname}.rst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(page), encoding="utf-8")
        paths.append(path)
    first = "\n".join(f"   /{page.docname}" for page in pages() if page.opens)
    index = folder / "reference" / "index.rst"
    index.write_text(INDEX.format(pages=first, names=f"{len(documented()):,}"), encoding="utf-8")
    return [index, *paths]

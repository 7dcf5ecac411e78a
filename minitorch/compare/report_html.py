"""The report of a comparison: one HTML file that needs nothing else, for a browser, a phone, a printer or an e-mail.

`write_report(comparison, path)` draws what comparison.json holds. Everything is in the file, styles, charts and script;
it asks the network for nothing and forbids itself to. Without JavaScript all of it can be read; with it, the charts
read out the numbers under the pointer and the charts of the parameters can be switched from one to the next.
"""

from __future__ import annotations

import os
import re
from importlib.resources import files
from typing import Any

from ..files import write_text
from . import report_speed
from .report_charts import Plot, Scale, Values, at_step, axes, chart, envelope, legend, read_out, smoothed
from .report_parameters import parameters
from .report_parts import NAMES, beyond_note, engine_title, paragraphs, section, table, zero_note
from .report_text import (
    NBSP,
    NOTHING,
    breakable,
    count,
    figure,
    is_number,
    listed,
    moment,
    readable,
    shape,
    text,
)

BADGES = {0: ("good", "✓", "Agrees"), 1: ("bad", "✗", "Differs"), 2: ("open", "?", "No verdict")}
SMOOTH_FROM = 300  # points: with more than that a noisy loss is read from its moving mean
FEW_ROWS = 12
Comparison = dict[str, Any]


def write_report(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Write the report of a comparison (what comparison.json holds) to `path`.

    The file appears whole or not at all.
    Raises OSError where it cannot be written.
    """
    write_text(path, page(comparison))


def page(comparison: Comparison) -> str:
    """The whole report as HTML."""
    here = files(__package__)
    style, script = ((here / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    program = re.split(r"[\\/]", str(comparison.get("program") or "A program").rstrip("/"))[-1]  # without its folder
    title = f"{program}: minitorch against PyTorch"
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    sections = [
        problems(comparison),
        summary(comparison),
        what_ran(comparison),
        losses(comparison),
        first_divergence(comparison),
        located(comparison),
        parameters(comparison),
        report_speed.speeds(comparison),
        verdict_reached(comparison),
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{text(title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
{header(comparison, title)}
{"".join(sections)}
</main>
<script>
{script}</script>
</body>
</html>
"""


def header(comparison: Comparison, title: str) -> str:
    """Title and verdict."""
    verdict = comparison.get("verdict") or {}
    status = verdict.get("status", 2)
    css, mark, word = BADGES.get(status, BADGES[2])
    if verdict.get("incomplete") and status != 1:
        css, mark, word = "open", "!", "Incomplete" if status == 0 else word
    return f"""<header>
<h1>{text(title)}</h1>
<p class="verdict {css}"><strong><span aria-hidden="true">{mark}</span> {word}</strong>
<span>{text(readable(str(verdict.get("text") or "The comparison came to no verdict.")))}</span></p>
</header>
"""


def problems(comparison: Comparison) -> str:
    """What did not go to its end: an incomplete comparison, an engine's error with its traceback folded."""
    incomplete = (comparison.get("verdict") or {}).get("incomplete")
    failed = [engine for engine in comparison.get("engines") or [] if engine.get("error")]
    body = f"<p>{text(str(incomplete).rstrip('.'))}.</p>\n" if incomplete else ""
    for engine in failed:
        error = str(engine["error"]).strip()
        last = error.splitlines()[-1] if error else "It gave no reason."
        title, taken = text(engine_title(engine)), text(count(engine.get("steps") or 0, "step"))
        body += f"""<p><strong>{title}</strong> stopped after {taken}:</p>
<pre class="error">{text(last)}</pre>
<details><summary>Full traceback of {title}</summary>
<pre tabindex="0">{text(error)}</pre></details>
"""
    if not body:
        return ""
    return section("problems", "What went wrong" if failed else "This comparison is incomplete", body, "problems")


def summary(comparison: Comparison) -> str:
    """The few figures that a reader looks for first."""
    largest = comparison.get("largest") or {}
    loss, value = largest.get("loss") or {}, largest.get("value") or {}
    both = compared(comparison)
    weights, batches = start(comparison)
    tiles = [("Steps compared", count(steps_compared(comparison)), "")]
    if both and loss:
        tiles.append(("Largest difference of a loss", figure(loss.get("absolute")),
                      f"{figure(loss.get('relative'))} relative{at(loss)}"))  # fmt: skip
    if both and value:
        named = f"{value['name']}{at(value)}" if value.get("name") is not None else "in any snapshot"
        tiles.append(("Largest relative difference of a parameter", figure(value.get("relative")), named))
    if both:
        tiles += [("Initial weights", *weights), ("Batches", *batches)]
    tiles += report_speed.tiles(comparison)
    items = ""
    for name, value, more in tiles:
        aside = f"<span>{breakable(more)}</span>" if more else ""
        items += f"<div><dt>{text(name)}</dt><dd><b>{text(value)}</b>{aside}</dd></div>\n"
    return f'<section aria-label="In short"><dl class="tiles">\n{items}</dl></section>\n'


def at(found: Comparison) -> str:
    return f", step{NBSP}{count(found['step'])}" if is_number(found.get("step")) else ""


def compared(comparison: Comparison) -> bool:
    """Whether there is anything of both engines to compare."""
    return any(value is not None for value in (comparison.get("difference") or {}).get("loss") or [])


def steps_compared(comparison: Comparison) -> int:
    taken = [engine.get("steps") or 0 for engine in comparison.get("engines") or [] if engine.get("key") != "ruler"]
    return min(taken) if len(taken) > 1 else 0


def start(comparison: Comparison) -> tuple[tuple[str, str], tuple[str, str]]:
    """Initial weights and batches: in a word or two, and what more there is to say."""
    weights, batches = comparison.get("initial_weights") or {}, comparison.get("batches") or {}
    size = f"{count(weights.get('tensors'), 'tensor')}, {count(weights.get('numbers'), 'number')}"
    identical = {True: "identical", False: "different"}.get(weights.get("identical", ...), "not known")
    if not batches.get("recorded"):
        return (identical, size), ("not seen", "no DataLoader gave them")
    first = batches.get("first_different")
    bits = "at every step, but for rounding" if batches.get("rounded_differently") else "at every step"
    seen = ("identical", bits) if first is None else ("different", f"from step {count(first)} on")
    return (identical, size), seen


# ---------------------------------------------------------------------------------------------------- what ran


OPTIONS = {"dtype": "data type", "every": "snapshot every", "seed": "seed", "threads": "threads", "device": "device"}
ENVIRONMENT = {"python": "Python", "numpy": "NumPy", "blas": "BLAS"}


def what_ran(comparison: Comparison) -> str:
    """The command, its options, and the machine and versions of each engine's run."""
    options = dict(comparison.get("options") or {})
    options["dtype"] = options.get("dtype") or comparison.get("dtype")
    rows = [("Program", f"<code>{text(comparison.get('program') or NOTHING)}</code>")]
    if comparison.get("command"):
        rows.append(("Command", f"<code>{text(comparison['command'])}</code>"))
    if comparison.get("arguments"):
        rows.append(("Program's arguments", f"<code>{text(' '.join(map(str, comparison['arguments'])))}</code>"))
    given = [f"{OPTIONS.get(name, name)} {described(value)}{' steps' if name == 'every' else ''}"
             for name, value in options.items() if value is not None]  # fmt: skip
    rows.append(("Options", text(", ".join(given)) or NOTHING))
    if comparison.get("when"):
        rows.append(("When", f"<time>{text(moment(comparison['when']))}</time>"))
    (weights, size), (batches, more) = start(comparison)
    if compared(comparison):
        rows.append(("Initial weights", text(f"{weights} ({size})")))
        rows.append(("Batches", text(f"{batches}: {more}" if batches == "not seen" else f"{batches} {more}")))
    items = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>\n" for name, value in rows)
    return section("what-ran", "What ran", f'<dl class="facts">\n{items}</dl>\n{environment(comparison)}')


def described(value: Any) -> str:
    """A value of the environment or the options, whatever it is."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {described(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(described, value))
    return figure(value, 4) if isinstance(value, float) else str(value)


def environment(comparison: Comparison) -> str:
    """A row for each thing, a column for each engine; one cell where all are the same."""
    engines = [engine for engine in comparison.get("engines") or [] if engine.get("environment")]
    if not engines:
        return ""
    keys = dict.fromkeys(key for engine in engines for key in engine["environment"])
    head = "".join(f'<th scope="col">{text(engine_title(engine))}</th>' for engine in engines)
    body = ""
    for key in keys:
        values = [described(engine["environment"].get(key)) for engine in engines]
        name = ENVIRONMENT.get(key) or key.replace("_", " ").capitalize()
        if len(set(values)) == 1 and len(values) > 1:
            cells = f'<td colspan="{len(values)}">{text(values[0])}</td>'
        else:
            cells = "".join(f"<td>{text(value)}</td>" for value in values)
        body += f'<tr><th scope="row">{text(name)}</th>{cells}</tr>\n'
    return table("The environment of each run", f'<td class="corner"></td>{head}', body, "environment")


# -------------------------------------------------------------------------------------------------------- losses


def losses(comparison: Comparison) -> str:
    """The loss curves, and how far they part."""
    steps = comparison.get("steps") or []
    curves = {key: values for key, values in (comparison.get("loss") or {}).items()
              if values and any(value is not None for value in values)}  # fmt: skip
    if not steps or not curves:
        return section("loss", "Loss", "<p>No training step was recorded.</p>")
    body = loss_chart(comparison, steps, curves)
    if compared(comparison):
        body += difference_chart(comparison, steps)
        body += loss_table(comparison, steps)
    return section("loss", "Loss", body)


def recorded(comparison: Comparison, steps: list[int]) -> str:
    total = steps_compared(comparison) or max((e.get("steps") or 0 for e in comparison.get("engines") or []), default=0)
    if total > len(steps):
        return f" {count(len(steps))} of {count(total, 'step')} are drawn, evenly spread."
    return ""


def loss_chart(comparison: Comparison, steps: list[int], curves: dict[str, Values]) -> str:
    finite = [value for values in curves.values() for value in values if is_number(value)]
    log = bool(finite) and min(finite) > 0 and max(finite) / min(finite) > 500
    smooth = len(steps) > SMOOTH_FROM
    scale = Scale.decades(finite) if log else Scale.linear(finite)
    plot = Plot(steps, scale, curves.values())
    order = [key for key in ("pytorch", "minitorch", "ruler") if key in curves]  # broad, thin, dotted
    drawn = ""
    reach = max(1, len(steps) // 100)
    if smooth:
        drawn += "".join(plot.line(curves[key], f"raw {key}") for key in order if key != "ruler")
        drawn += "".join(plot.line(smoothed(curves[key], reach), f"line {key}") for key in order)
    else:
        drawn += "".join(plot.line(curves[key], f"line {key}") for key in order)
    shown = [key for key in NAMES if key in curves]
    names = [NAMES[key] for key in shown]
    note = "Where the engines agree the lines lie on each other: minitorch’s thin one on PyTorch’s broad one."
    note = note if "minitorch" in curves and "pytorch" in curves else f"Only {listed(names)} recorded losses."
    if smooth:
        note += f" Pale: single steps. Strong: the mean of {count(2 * reach + 1)} neighbouring points."
    note += recorded(comparison, steps) + beyond_note(plot)
    ends = [f"{NAMES[key]} from {figure(first_known(curves[key]), 4)} to {figure(last_known(curves[key]), 4)}"
            for key in shown]  # fmt: skip
    return chart(
        "loss-curves",
        heading="Loss at each step",
        note=note,
        legend_html=legend((f"line {key}", NAMES[key]) for key in shown),
        plot_html=axes(
            plot, drawn, title="Loss at each optimizer step", description=f"{listed(ends)}.",
            y_label="loss (log scale)" if log else "loss", x_label="optimizer step", hover=True,
        ),
        data=read_out(steps, [[(f"line {key}", NAMES[key], curves[key], 8) for key in shown]]),
    )  # fmt: skip


def difference_chart(comparison: Comparison, steps: list[int]) -> str:
    found = comparison["difference"]
    ours, ruler, allowed = found["loss"], found.get("ruler"), found.get("allowed")
    if not any(ours) and not any(ruler or []):
        return "<p>The two losses are equal at every recorded step, to the last bit: there is nothing to draw.</p>"
    limit = allowed or (envelope(ruler) if any(ruler or []) else None)
    shown = [values for values in (ours, ruler) if values]
    scale = Scale.decades(value for values in [*shown, limit or []] for value in values)
    plot = Plot(steps, scale, shown)
    drawn = (plot.band(limit, "band") if limit else "") + (plot.line(ruler, "line ruler-line") if ruler else "")
    drawn += plot.line(ours, "line difference")
    entries = [("line difference", "minitorch − PyTorch")]
    lines = [("line difference", "minitorch − PyTorch", ours, 2)]
    if ruler:
        entries.append(("line ruler-line", NAMES["ruler"]))
        lines.append(("line ruler-line", NAMES["ruler"], ruler, 2))
    if limit:
        meant = "what the verdict allows" if allowed else "as far as PyTorch has parted from itself by then"
        entries.append(("band", f"rounding: {meant}"))
    if allowed:
        lines.append(("band", "allowed", allowed, 2))
    if allowed:
        note = "Inside the band a difference counts as rounding."
        if not any(ruler or []):
            note += " The ruler showed nothing: " if ruler else " No ruler ran: "
            note += "the band is a fixed tolerance for the data type."
    elif limit:
        note = "The band is what rounding alone has done to this training by then, in PyTorch’s hands."
    elif ruler:
        note = "The ruler shows nothing: PyTorch gave the same losses twice, to the last bit."
    else:
        note = "No ruler ran, so the chart cannot show how much of this PyTorch differs from itself."
    if isinstance(comparison.get("allowed"), str) and not allowed:
        note += f" The verdict’s limit is {readable(comparison['allowed'].removeprefix('allowed').lstrip(': '))}."
    top = max((value for value in ours if is_number(value)), default=0.0)
    worst = steps[ours.index(top)] if top in ours else steps[0]
    described = f"Largest difference drawn: {figure(top)} at step {count(worst)}."
    if limit:
        described += f" The band there reaches {figure(at_step(steps, limit, worst))}."
    return chart(
        "loss-difference",
        heading="How far the losses part",
        note=note + zero_note(plot) + beyond_note(plot),
        legend_html=legend(entries),
        plot_html=axes(
            plot, drawn, title="Absolute difference of the losses at each optimizer step", description=described,
            y_label="absolute difference of the loss (log scale)", x_label="optimizer step", hover=True,
        ),
        data=read_out(steps, [lines]),
    )  # fmt: skip


def first_known(values: Values) -> Any:
    return next((value for value in values if value is not None), None)


def last_known(values: Values) -> Any:
    return first_known(values[::-1])


def loss_table(comparison: Comparison, steps: list[int]) -> str:
    """Some of the losses as numbers, for those who do not see the chart."""
    curves, apart = comparison["loss"], comparison["difference"]
    columns = [("minitorch", curves.get("minitorch"), 8), ("PyTorch", curves.get("pytorch"), 8),
               ("difference", apart["loss"], 2), (NAMES["ruler"], apart.get("ruler"), 2)]  # fmt: skip
    columns = [column for column in columns if column[1]]
    rows = min(FEW_ROWS, len(steps))
    picked = sorted({round(index * (len(steps) - 1) / max(1, rows - 1)) for index in range(rows)})
    body = ""
    for index in picked:
        cells = "".join(f"<td>{text(figure(values[index] if index < len(values) else None, digits))}</td>"
                        for _, values, digits in columns)  # fmt: skip
        body += f'<tr><th scope="row">{count(steps[index])}</th>{cells}</tr>\n'
    head = '<th scope="col">step</th>' + "".join(f'<th scope="col">{text(name)}</th>' for name, _, _ in columns)
    inside = table("Losses at some of the steps", head, body, "numbers")
    return f"<details><summary>The losses as a table</summary>\n{inside}</details>\n"


# ----------------------------------------------------------------------------------- where and why they part


THINGS = {"batch": "the batch", "loss": "the loss", "gradient": "the gradient", "value": "the value"}


def first_divergence(comparison: Comparison) -> str:
    """In words: where the two runs first differ."""
    first = comparison.get("first_divergence")
    if not compared(comparison) and not first:
        return ""
    if not first:
        return section("first", "First difference", "<p>None: nothing that was recorded of the two runs differs.</p>\n")
    what = THINGS.get(first.get("what"), str(first.get("what")))
    name = f" of <code>{text(first['name'])}</code>" if first.get("name") else ""
    size = [f"{text(figure(first[key]))} {word}" for key, word in (("absolute", "absolute"), ("relative", "relative"))
            if first.get(key) is not None]  # fmt: skip
    if first.get("ulp") is not None:
        ulp = first["ulp"]
        number = f"{ulp:,.0f}" if is_number(ulp) and ulp == int(ulp) and ulp < 1e6 else figure(ulp, 3)
        size.append(text(f"{number}{NBSP}{'unit' if ulp == 1 else 'units'} in the last place"))
    body = f"<p>Step <strong>{count(first.get('step'))}</strong>: <strong>{text(what)}</strong>{name} is the first"
    body += f" thing that differs{', by ' + listed(size) if size else ''}. "
    if first.get("what") == "batch":
        body += "From there on the engines train on different data, so nothing after it says anything about them.</p>"
    elif first.get("within_ruler") is not None:
        body += ("That is within what rounding explains.</p>" if first["within_ruler"]
                 else "That is more than rounding explains.</p>")  # fmt: skip
    else:
        body += "</p>"
    return section("first", "First difference", body + "\n")


SENTENCES = ("explanation", "text", "summary")
LOCATED = {"step": "step", "kind": "what differs", "name": "of", "part": "part", "module": "module", "shape": "shape",
           "index": "worst element at", "minitorch": "minitorch’s value there", "pytorch": "PyTorch’s value there",
           "absolute": "absolute difference", "relative": "relative difference", "ulp": "units in the last place",
           "tolerance": "tolerance", "wrong": "elements beyond the tolerance", "modules": "the two modules",
           "files": "saved for a closer look"}  # fmt: skip


def located(comparison: Comparison) -> str:
    """What --locate found: its sentence first, then everything else that it recorded."""
    found = comparison.get("located")
    if not found:
        return ""
    if not isinstance(found, dict):
        return section("located", "Where the difference arises", paragraphs([str(found)]))
    items = ""
    for key in [*(key for key in LOCATED if key in found), *(key for key in found if key not in LOCATED)]:
        value = found[key]
        if key in SENTENCES or value in (None, ""):
            continue
        name = LOCATED.get(key) or key.replace("_", " ")
        name = name if name.startswith("minitorch") else name[:1].upper() + name[1:]
        items += f"<div><dt>{text(name)}</dt><dd>{located_value(key, value)}</dd></div>\n"
    body = paragraphs(str(found[key]) for key in SENTENCES if found.get(key))
    return section("located", "Where the difference arises", f'{body}<dl class="facts">\n{items}</dl>\n')


def located_value(key: str, value: Any) -> str:
    """One thing that --locate recorded, as HTML: lines of code and reprs of modules as they are."""
    if key == "shape":
        return text(shape(value))
    if isinstance(value, dict):
        lines = [f"{text(NAMES.get(name, name))}: {located_value('', item)}" for name, item in value.items()]
        return "".join(f"<div>{line}</div>" for line in lines)
    if isinstance(value, str):
        several = "\n" in value.strip()
        return f'<pre tabindex="0">{text(value.strip())}</pre>' if several else f"<code>{breakable(value)}</code>"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        digits = 9 if key in ("minitorch", "pytorch") else 3
        return text(count(value) if isinstance(value, int) else figure(value, digits))
    return text(described(value))


def verdict_reached(comparison: Comparison) -> str:
    """How the verdict was reached."""
    what = (
        "The program ran unchanged on each engine, in a process of its own, one after the other. At every optimizer "
        "step the loss and a fingerprint of the batch were recorded, and at the snapshots every parameter and its "
        "gradient."
    )
    ending = {
        0: "All that was recorded is within these limits: exit status 0.",
        1: "Something that was recorded is beyond these limits: exit status 1.",
    }.get((comparison.get("verdict") or {}).get("status", 2), "Not enough was recorded for a verdict: exit status 2.")
    return section("how", "How the verdict was reached", paragraphs([what]) + rule() + paragraphs([ending]))


def rule() -> str:
    """The rule as judge.py states it, which decides by it: its Markdown as HTML."""
    from . import judge

    pieces = []
    for block in (judge.__doc__ or "").strip().split("\n\n"):
        first, *items = [inline(item) for item in re.split(r"(?m)^- ", block)]
        listing = "".join(f"<li>{item}</li>" for item in items)
        pieces.append((f"<p>{first}</p>\n" if first else "") + (f"<ul>{listing}</ul>\n" if listing else ""))
    return "".join(pieces)


def inline(words: str) -> str:
    """One paragraph's bold words and code."""
    found = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text(" ".join(words.split())))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", found)

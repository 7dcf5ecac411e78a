"""The comparison's HTML report: whole, self-contained, safe, legible, whatever came of the two runs."""

import copy
import functools
import json
import math
import os
import random
import re
from html.parser import HTMLParser

import pytest

from minitorch.compare.report_charts import Plot, Scale, envelope, json_text, smoothed
from minitorch.compare.report_html import page, write_report
from minitorch.compare.report_text import NBSP, duration, figure, power, text

TRACEBACK = """Traceback (most recent call last):
  File "train.py", line 41, in <module>
    loss.backward()
RuntimeError: shapes (4, <10>) & (4, 9) do not fit
"""
NASTY = "</script><script>alert('x')</script><img src=x onerror=alert(1)>"


# ------------------------------------------------------------------------------------------------- example runs


def engine(key, title, steps, seconds_a_step, peak, **more):
    rng = random.Random(title)
    edges = [seconds_a_step * 0.6 * 1.12**i for i in range(25)]
    counts = [int(steps * 0.2 * math.exp(-((i - 5) ** 2) / 8)) + (rng.random() < 0.3) for i in range(24)]
    return {
        "key": key, "title": title, "steps": steps, "error": None, "peak_mib": peak,
        "seconds": steps * seconds_a_step * 1.1 + 2, "steps_per_second": 1 / seconds_a_step,
        "step_seconds": {"median": seconds_a_step, "p10": seconds_a_step * 0.9, "p90": seconds_a_step * 1.4,
                         "histogram": {"edges": edges, "counts": counts}},
        "environment": {"python": "3.11.9", "numpy": "2.4.0", "engine": title,
                        "blas": "OpenBLAS 0.3.30" if key == "minitorch" else "MKL 2024.2",
                        "threads": 2 if key == "ruler" else 1, "processor": "AMD EPYC 9B45, 128-Core Processor",
                        "cores": 2, "system": "Linux 6.1.0"},
    } | more  # fmt: skip


def example(steps=675, *, total=None, parameters=8, ruler=False, snapshots=40, noise=0.12, seed=0):
    """A comparison as a run of the command leaves it: float32 rounding that training amplifies."""
    rng = random.Random(seed)
    total = total or steps
    drawn = sorted({1 + round(i * (total - 1) / max(1, steps - 1)) for i in range(steps)})
    theirs = [2.3 * math.exp(-3 * s / total) + 0.05 + abs(rng.gauss(0, noise)) for s in drawn]
    grown = [1e-8 * math.exp(9 * s / total) for s in drawn]
    apart = [g * abs(rng.gauss(0, 1)) for g in grown]
    apart = [0.0 if i % 5 == 0 and i < steps / 3 else difference for i, difference in enumerate(apart)]
    own = [0.0 if s < total / 20 else 1.4 * g * abs(rng.gauss(0, 1)) for s, g in zip(drawn, grown, strict=True)]
    snapshot = sorted({1 + round(i * (total - 1) / (snapshots - 1)) for i in range(snapshots)})

    def relative(scale, first=0):
        return [0.0 if s <= first else scale * 1e-8 * math.exp(8 * s / total) * rng.uniform(0.6, 1.5) for s in snapshot]

    found = []
    for i in range(parameters):
        kind = ("weight", "bias")[i % 2]
        scale = rng.uniform(0.3, 4)
        found.append({
            "name": f"features.{i // 2}.{'conv' if i < parameters / 2 else 'linear'}.{kind}",
            "shape": [[16, 8, 3, 3], [16]][i % 2], "value": relative(scale, first=2), "gradient": relative(3 * scale),
            "ruler_value": relative(1.3 * scale, first=5) if ruler else None,
            "ruler_gradient": relative(4 * scale) if ruler else None, "judged": i != 5,
            "allowed_value": [1e-4 * (1 + s / 100) for s in snapshot] if ruler else None,
            "allowed_gradient": [3e-4 * (1 + s / 100) for s in snapshot] if ruler else None,
        })  # fmt: skip
    engines = [engine("minitorch", "minitorch 0.1.0", total, 0.00065, 148.2),
               engine("pytorch", "PyTorch 2.13.0", total, 0.00091, 312.7)]  # fmt: skip
    if ruler:
        engines.append(engine("ruler", "PyTorch 2.13.0, 2 threads", total, 0.00112, 318.1))
    worst = max(found, key=lambda item: max(item["value"]), default={"value": [0], "name": None})
    largest = max(apart)
    at = apart.index(largest)
    return {
        "program": "digits", "command": "minitorch compare digits --seed 0 --ruler --epochs 15 --batch-size 32",
        "arguments": ["--epochs", "15"], "when": "2026-02-03T14:05:09+00:00",
        "options": {"dtype": "float32", "seed": 0, "threads": 1, "device": "cpu", "every": 100, "steps": None},
        "verdict": {"status": 0, "within": True, "incomplete": None,
                    "text": "minitorch and PyTorch agree: all losses and parameters stay within PyTorch's rounding."},
        "engines": engines,
        "initial_weights": {"identical": True, "tensors": parameters, "numbers": 19210},
        "batches": {"recorded": True, "first_different": None},
        "steps": drawn,
        "loss": {"minitorch": [a + d for a, d in zip(theirs, apart, strict=True)], "pytorch": theirs,
                 "ruler": [a + d for a, d in zip(theirs, own, strict=True)] if ruler else None},
        "difference": {"loss": apart, "ruler": own if ruler else None,
                       "allowed": [1e-7 + 10 * g for g in envelope(own)] if ruler else None},
        "snapshot_steps": snapshot, "parameters": found,
        "largest": {"loss": {"absolute": largest, "relative": largest / theirs[at], "step": drawn[at]},
                    "value": {"relative": max(worst["value"]), "name": worst["name"], "step": snapshot[-1]}},
        "first_divergence": {"step": 2, "what": "gradient", "name": "features.0.conv.weight", "absolute": 1.2e-9,
                             "relative": 3.1e-8, "ulp": 1, "within_ruler": True if ruler else None},
        "located": None, "ruler_moved": True if ruler else None,
        "allowed": "allowed: 10 × the ruler" if ruler else "allowed in float32: 3.5e-04 × (1 + step/100)",
    }  # fmt: skip


def incomplete():
    found = example(300, ruler=True)
    found["verdict"] = {"status": 2, "within": None, "text": "Stopped by Ctrl-C, so there is no verdict.",
                        "incomplete": "Ctrl-C came during PyTorch's run, after step 120."}  # fmt: skip
    found["engines"] = found["engines"][:2]
    found["engines"][1]["steps"] = 120
    for curve in (found["loss"]["pytorch"], found["difference"]["loss"]):
        curve[120:] = [None] * 180
    found["loss"]["ruler"] = found["difference"]["ruler"] = None
    for item in found["parameters"]:
        item["ruler_value"] = item["ruler_gradient"] = None
        item["value"][16:] = item["gradient"][16:] = [None] * 24
    return found


def crashed():
    """One engine fell over at its first step: nothing to compare."""
    found = example(200)
    found["verdict"] = {"status": 2, "within": None, "text": "minitorch stopped with an error.",
                        "incomplete": "minitorch stopped with an error at its first step."}  # fmt: skip
    found["engines"][0] |= {
        "steps": 0,
        "error": TRACEBACK,
        "steps_per_second": None,
        "step_seconds": None,
        "peak_mib": None,
    }
    found["loss"]["minitorch"] = None
    found["difference"] = {"loss": [None] * 200, "ruler": None}
    found |= {"parameters": [], "snapshot_steps": [], "largest": None, "first_divergence": None}
    found["initial_weights"] = {"identical": None, "tensors": 8, "numbers": 19210}
    return found


def differs():
    """A bug: a gradient far beyond the ruler, losses that become infinite, and where the difference arises."""
    found = example(400, ruler=True, seed=3)
    found["verdict"] |= {"status": 1, "within": False, "text": "The engines differ beyond rounding from step 40 on, "
                         "first in the gradient of features.0.conv.weight."}  # fmt: skip
    ours, apart = found["loss"]["minitorch"], found["difference"]["loss"]
    for i in range(40, 400):
        ours[i] += 0.002 * (i - 39)
        apart[i] = abs(ours[i] - found["loss"]["pytorch"][i])
    for i in range(390, 400):
        ours[i], apart[i] = (math.nan, math.nan) if i % 2 else (math.inf, math.inf)
    for item in found["parameters"][::3]:
        item["value"] = [v + (0.001 * i if i > 4 else 0) for i, v in enumerate(item["value"])]
        item["value"][-1] = math.inf
    found["first_divergence"] |= {
        "step": 40,
        "absolute": 0.013,
        "relative": 0.21,
        "ulp": 1801233,
        "within_ruler": False,
    }
    found["located"] = {
        "step": 40, "kind": "gradient", "name": "features.0.conv.weight", "part": "grad", "shape": [16, 8, 3, 3],
        "module": "Conv2d(8, 16, kernel_size=(3, 3), stride=(1, 1))", "index": [3, 0, 2, 2], "wrong": 1152,
        "tolerance": 3e-7,
        "modules": {"minitorch": "Net(\n  (0): Conv2d(8, 16)\n)", "pytorch": "Net(\n  (0): Conv2d(8, 8)\n)"},
        "minitorch": 0.0123456789, "pytorch": 0.0246913578, "absolute": 0.0123, "relative": 0.5, "ulp": 6629376.0,
        "explanation": "At step 40, the gradients of all module outputs agree, but that of the weight differs.",
        "files": {"inputs": "out/located/inputs.npz", "reproduce": "out/located/reproduce.py"},
    }  # fmt: skip
    return found


def large():
    found = example(2000, total=25_000, parameters=60, ruler=True, snapshots=250, noise=0.4)
    found["program"] = "cifar10"
    return found


def tiny():
    """One step, everything equal, nothing else known."""
    found = example(1, parameters=1, snapshots=2)
    found["difference"]["loss"] = [0.0]
    found["loss"]["minitorch"] = list(found["loss"]["pytorch"])
    found["snapshot_steps"] = [1]
    found["parameters"][0] |= {"value": [0.0], "gradient": [0.0]}
    found["first_divergence"] = None
    return found


EXAMPLES = {
    "normal": example,
    "ruler": lambda: example(ruler=True),
    "incomplete": incomplete,
    "crashed": crashed,
    "differs": differs,
    "large": large,
    "tiny": tiny,
    "empty": lambda: {"program": "x.py", "verdict": {"status": 2, "text": "The script never called step()."}},
}  # fmt: skip


# ------------------------------------------------------------------------------------------- reading HTML again


class Reader(HTMLParser):
    """The elements of a page; fails where they do not nest."""

    VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.words = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def said(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


@functools.cache
def rendered(name):
    return page(EXAMPLES[name]())


def said(comparison):
    return Reader(page(comparison)).said


# --------------------------------------------------------------------------------------------------------- tests


@pytest.mark.parametrize("name", EXAMPLES)
def test_report_is_whole_and_self_contained(name):
    html = rendered(name)
    reader = Reader(html)  # asserts the nesting
    assert html.startswith("<!DOCTYPE html>") and reader.all("html") == [{"lang": "en"}]
    for _, attributes in reader.elements:
        assert not {"src", "href", "srcset", "data", "action", "background", "xlink:href"} & set(attributes)
        assert not any(key.startswith("on") for key in attributes)
    assert not re.search(
        r"@import|url\(|https?:|//\w|fetch\(|XMLHttp|\bimport\b(?! numpy)", html.replace("default-src", "")
    )
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in reader.elements:  # whatever refers to an id finds it
        for key in ("aria-labelledby", "for"):
            assert attributes.get(key, ids[0] if ids else None) in ids or key not in attributes
    assert "NaN" not in "".join(re.findall(r' d="[^"]*"', html)) and not re.search(r' d="[^"]*(inf|nan|None)', html)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_plot_says_what_it_shows_and_has_named_axes(name):
    html = rendered(name)
    plots = re.findall(r'<svg class="plot".*?</svg>', html, re.S)
    assert all(re.search(r'role="img">\s*<title>[^<]+</title><desc>[^<]+</desc>', plot) for plot in plots)
    for kind in ("y-name", "x-name"):
        assert len(re.findall(rf'<div class="{kind}">[^<]+</div>', html)) == len(plots)
    for ticks in re.findall(r'<div class="[xy]-ticks" aria-hidden="true">(.*?)</div>', html, re.S):
        assert ticks.count("<span") >= 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_data_of_the_read_out_is_json_and_in_step_with_the_chart(name):
    for source in re.findall(r'<script type="application/json">(.*?)</script>', rendered(name), re.S):
        found = json.loads(source, parse_constant=lambda word: pytest.fail(word))
        assert found["sets"]
        assert all(len(line["values"]) == len(found["steps"]) for lines in found["sets"] for line in lines)


def test_words_of_a_normal_report():
    words = said(example(ruler=True))
    for expected in (
        "digits: minitorch against PyTorch",
        "Agrees minitorch and PyTorch agree: all losses",
        "Steps compared 675",
        "8 tensors, 19,210 numbers",
        "Batches identical at every step",
        "minitorch compare digits --seed 0",
        "data type float32, seed 0",
        "NumPy 2.4.0 Engine minitorch 0.1.0",
        "BLAS OpenBLAS 0.3.30 MKL 2024.2 MKL 2024.2 Threads 1 1 2",
        "is the first thing that differs, by 1.2 × 10⁻⁹ absolute, 3.1 × 10⁻⁸ relative and 1 unit in the last place",
        "That is within what rounding explains.",
        "lies in the row marked 0, below the scale",
        "features.3.linear.bias",
        "650 µs",
        "313 MiB",
        "exit status 0",
    ):
        assert expected.replace("\N{NO-BREAK SPACE}", " ") in words, expected


def test_the_rule_is_the_one_that_judges():
    from minitorch.compare import judge

    words = said(example())
    for piece in judge.__doc__.split("\n\n"):
        assert " ".join(piece.split())[:60].strip("*- ").split("**")[0] in words


def test_verdicts_and_problems():
    words = said(crashed())
    assert (
        "What went wrong" in words
        and "minitorch 0.1.0 stopped after 0 steps: RuntimeError: shapes (4, <10>) & (4, 9)" in words
    )
    assert 'File "train.py", line 41' in words and "Only PyTorch recorded losses." in words and "No verdict" in words
    words = said(incomplete())
    assert "This comparison is incomplete Ctrl-C came during" in words and "Steps compared 120" in words
    words = said(differs())
    assert "Differs The engines differ beyond" in words and "more than rounding explains" in words
    assert "Where the difference arises At step 40, the gradients of all" in words and "∞, NaN" in words
    words = said(tiny())
    assert (
        "equal at every recorded step, to the last bit" in words
        and "nothing that was recorded of the two runs differs" in words
    )
    assert "No training step was recorded." in said(EXAMPLES["empty"]())
    assert said(example() | {"program": "/home/me/train.py"}).startswith(" train.py: minitorch against PyTorch")


def test_every_string_is_escaped():
    def nasty(value):
        if isinstance(value, str):
            return NASTY
        if isinstance(value, dict):
            return {key: value[key] if key == "key" else nasty(value[key]) for key in value}
        return [nasty(item) for item in value] if isinstance(value, list) else value

    found = nasty(differs())
    found["engines"][0]["error"] = NASTY + "\n" + NASTY
    found["engines"][0]["environment"][NASTY] = NASTY
    found["options"][NASTY] = NASTY
    found["located"][NASTY] = {NASTY: [NASTY]}
    found["verdict"]["incomplete"] = found["allowed"] = NASTY
    html = page(found)
    reader = Reader(html)
    assert "alert(1)>" not in html and "<script>alert" not in html and not reader.all("img")
    plain = page(differs())
    assert html.count("<script") == plain.count("<script") and html.count("</script") == plain.count("</script")
    assert reader.said.count("alert('x')") > 20  # shown, as text


def test_json_cannot_end_its_script_element():
    written = json_text({"name": NASTY + "<!--"})
    assert not set("<>&") & set(written) and json.loads(written) == {"name": NASTY + "<!--"}
    with pytest.raises(ValueError):
        json_text([math.nan])


def test_writing_replaces_the_file_whole_or_leaves_it(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("before")
    with pytest.raises(TypeError):
        write_report(example() | {"steps": 5}, path)
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["report.html"]
    write_report(example(), path)
    assert path.read_text(encoding="utf-8") == page(example()) and os.listdir(tmp_path) == ["report.html"]
    with pytest.raises(OSError):
        write_report(example(), tmp_path / "missing" / "report.html")


def test_strings_that_cannot_be_written_as_they_are(tmp_path):
    found = example()
    found["program"] = "caf\udce9\x00\x1b[31m.py"
    write_report(found, tmp_path / "r.html")
    assert "\x00" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_comparison_that_went_through_json_gives_the_same_report():
    found = differs()
    assert page(json.loads(json.dumps(found))) == page(found)


def test_comparison_is_left_as_it_was():
    found = example(ruler=True)
    before = copy.deepcopy(found)
    page(found)
    assert found == before


@pytest.mark.parametrize("dropped", sorted(example(ruler=True)))
def test_a_missing_part_is_no_error(dropped):
    found = differs()
    del found[dropped]
    Reader(page(found))
    found[dropped] = None
    Reader(page(found))


def test_large_report_can_be_sent():
    assert len(rendered("large").encode()) < 4e6  # an e-mail's attachment
    words = Reader(rendered("large")).said
    assert "2,000 of 25,000 steps are drawn" in words and "All 60 parameters" in words


def test_scales_and_ticks():
    assert Scale.linear([0.3, 2.4]).ticks() == [
        (0, "0.0"),
        (0.2, "0.5"),
        (0.4, "1.0"),
        (0.6, "1.5"),
        (0.8, "2.0"),
        (1, "2.5"),
    ]
    assert [label for _, label in Scale(1, 25_000).ticks(6)] == ["5,000", "10,000", "15,000", "20,000", "25,000"]
    decades = Scale.decades([0.0, None, math.nan, 3e-9, 2e-4])
    assert (decades.low, decades.high) == (-9, -3) and decades.fraction(1e-6) == pytest.approx(0.5)
    assert [label for _, label in decades.ticks(7)] == ["10⁻⁹", "10⁻⁸", "10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³"]
    assert [label for _, label in Scale(math.log10(0.4), math.log10(6), log=True).ticks()] == ["0.5", "1", "2", "5"]
    assert Scale.decades([1e-300, 1]).low == -24  # what is smaller is drawn at the lower edge
    for values in ([5.0], [0.0], [-3, -3], []):  # never an axis without length
        scale = Scale.linear(values)
        assert scale.low < scale.high and len(scale.ticks()) >= 2


@pytest.mark.parametrize("seed", range(20))
def test_ticks_lie_on_the_axis_in_order_and_differ(seed):
    rng = random.Random(seed)
    low = rng.uniform(-1, 1) * 10 ** rng.randint(-9, 9)
    span = 10 ** rng.uniform(-6, 6)
    for scale in (Scale.linear([low, low + max(span, abs(low) * 1e-4)]), Scale(1, 1 + rng.randint(1, 10**6)),
                  Scale.decades([10 ** rng.uniform(-16, 2), 10 ** rng.uniform(-16, 2)])):  # fmt: skip
        places, labels = zip(*scale.ticks(6), strict=True)
        assert 2 <= len(places) <= 8 and list(places) == sorted(set(places)) and 0 <= places[0] and places[-1] <= 1
        assert len(set(labels)) == len(labels), labels


def test_lines_break_where_values_are_missing_zero_or_infinite():
    values = [1e-4, 1e-5, None, 1e-6, 0.0, 0.0, math.nan, 1e-4]
    plot = Plot(range(1, 9), Scale.decades(values), [values])
    line = plot.line(values, "line")
    assert line.count("M") == 5 and line.count("h0") == 3  # 2 points, dot, 2 on zero's row, dot above, dot
    assert plot.zero > plot.bottom and plot.beyond < plot.top
    assert re.findall(r"M[\d.]+ ([\d.]+)", line) == [f"{plot.top:g}", f"{plot.y(1e-6):g}", f"{plot.zero:g}",
                                                     f"{plot.beyond:g}", f"{plot.top:g}"]  # fmt: skip


def test_band_and_mean():
    assert envelope([0.0, 2.0, 1.0, math.nan, None, 3.0]) == [0, 2, 2, 2, 2, 3]
    assert smoothed([1.0, 3.0, math.inf, 5.0], 1) == [2.0, 2.0, None, 5.0]
    plot = Plot([1, 2, 3, 4, 5], Scale(-4, 0, log=True), [], height=212)
    assert (
        plot.band([0.0, 1e-2, 1e-2, 1e-2, 1.0], "band")
        == '<path class="band" d="M250 206L250 106L750 106L1000 6L1000 206Z"/>'
    )
    assert plot.band([0.0, None], "band") == ""


def test_words_for_numbers():
    assert [figure(x, 3) for x in (None, math.nan, -math.inf, 0.0, 9.999e-7, -0.0123456, 123456.7)] == [
        "–", "NaN", "−∞", "0", f"1.00{NBSP}×{NBSP}10⁻⁶", "−0.0123", "123,457"]  # fmt: skip
    assert [power(e) for e in (-10, -3, 0, 4, 6)] == ["10⁻¹⁰", "0.001", "1", "10,000", "10⁶"]
    assert duration(3.2e-5) == f"32.0{NBSP}µs" and duration(59.99) == f"60.0{NBSP}s" and duration(None) == "–"
    assert text("\x00<'>&\"") == "�&lt;&#x27;&gt;&amp;&quot;"

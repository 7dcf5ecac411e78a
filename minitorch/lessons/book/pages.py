"""Open every page of a built book in Chromium, at desktop and phone width, and say what is wrong with it.

Nothing but Chromium and the standard library is needed: a small server on this machine serves the book, with one page
more, which opens the others one after the other in a frame of the width in question, looks at them, and sends back what
it found. Links are followed without a browser.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import urllib.parse
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ..places import LessonError

WIDTHS = (1280, 390)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

# Put first into every page that is looked at: what goes wrong while it loads is noted before anything else runs.
LISTENER = """<script>
window.__faults = [];
addEventListener("error", e => {
  __faults.push("script error: " + (e.message || (e.target.src || e.target.href) + " does not load"));
}, true);
addEventListener("unhandledrejection", e => __faults.push("script error: " + e.reason));
for (const kind of ["error", "warn"]) {
  const before = console[kind];
  console[kind] = (...words) => { __faults.push("console: " + words.join(" ")); before.apply(console, words); };
}
</script>"""

VISITOR = """<!doctype html><meta charset="utf-8"><body><script>
const look = (page, width, query) => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.style = `width:${width}px;height:900px;border:0;display:block`;
  frame.onload = () => setTimeout(async () => {
    const w = frame.contentWindow, d = frame.contentDocument, faults = [...(w.__faults || ["it can't be read"])];
    // What reaches beyond the page and is in no box that scrolls by itself. (Furo keeps its closed drawers out there.)
    const isWide = e => e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().right > width + 1;
    const isLoose = e => {
      for (let p = e; p && p !== d.body && p.tagName !== "ARTICLE"; p = p.parentElement) {
        const style = w.getComputedStyle(p);
        if (style.position === "fixed" || (p !== e && /auto|scroll/.test(style.overflowX))) return false;
      }
      return !e.closest(".sidebar-drawer, .toc-drawer") && !e.parentElement.closest("svg, math");
    };
    const wide = [...d.body.querySelectorAll("*")].filter(e => isWide(e) && isLoose(e));
    const names = wide.map(e => e.tagName.toLowerCase() + (e.className ? "." + e.className : ""));
    if (wide.length) faults.push(`wider than the page: ${names.slice(0, 3).join(", ")}`);
    if (d.documentElement.scrollWidth > width) faults.push(`the page is ${d.documentElement.scrollWidth} px wide`);
    for (const e of d.querySelectorAll(".no-formula, merror"))
      faults.push("a formula is not rendered: " + e.textContent);
    for (const e of d.querySelectorAll("math"))
      if (!(e.getBoundingClientRect().height > 4)) faults.push("a formula has no height: " + e.textContent);
    const walk = d.createTreeWalker(d.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode, parent = text.parentElement;
      if (parent.closest("pre, code, script, style, math, svg")) continue;
      if (/\\$[^$]+\\$|\\\\(frac|partial|sum|cdot|mathbf)|\\[\\[\\w+\\]\\]/.test(text.data))
        faults.push("this should be a formula or a cell: " + text.data.trim().slice(0, 80));
    }
    for (const e of d.images) if (!e.naturalWidth && !e.loading) faults.push("an image does not load: " + e.src);
    for (const e of d.querySelectorAll(".output.traceback"))
      faults.push("a cell failed: " + e.textContent.slice(0, 80));
    if (query) {
      const found = () => d.querySelector("#search-results li a");
      for (let i = 0; i < 30 && !found(); i++) await new Promise(r => setTimeout(r, 100));
      if (!found()) faults.push(`the search for "${query}" finds nothing`);
    }
    frame.remove();
    done(faults);
  }, 150);
  frame.src = "/" + page + (query ? "?q=" + encodeURIComponent(query) : "");
  document.body.append(frame);
});
(async () => {
  const found = [];
  for (const [page, width, query] of JOBS)
    for (const fault of await look(page, width, query)) found.push([page, width, fault]);
  await fetch("/__found", {method: "POST", body: JSON.stringify(found)});
})();
</script>"""


class Links(HTMLParser):
    """Where a page points to, and the places within it that can be pointed to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[tuple[str, bool]] = []  # and whether the browser fetches it by itself
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        for name in ("href", "src"):
            if name in given:
                self.targets.append((given[name], tag != "a"))


@cache
def _links(page: Path) -> Links:
    found = Links()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def broken_links(book: Path) -> list[str]:
    """Links that lead nowhere, and whatever a page would fetch from elsewhere."""
    faults = []
    for page in sorted(book.rglob("*.html")):
        where = page.relative_to(book).as_posix()
        for target, is_fetched in _links(page).targets:
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or parts.netloc:
                if is_fetched and parts.scheme != "data":
                    faults.append(f"{where}: it fetches {target}, which needs a connection")
                continue
            path = urllib.parse.unquote(parts.path)
            aim = (page.parent / path).resolve() if path else page
            if aim.is_dir():
                aim = aim / "index.html"
            if not aim.exists():
                faults.append(f"{where}: the link to {target} leads nowhere")
            elif parts.fragment and aim.suffix == ".html" and parts.fragment not in _links(aim).ids | {""}:
                faults.append(f"{where}: the link to {target} leads to no place on that page")
    for sheet in sorted(book.rglob("*.css")):
        for word in ("url(http", "url('http", 'url("http', "url(//", "@import"):
            if word in sheet.read_text(encoding="utf-8"):
                faults.append(f"{sheet.relative_to(book).as_posix()}: it fetches something from elsewhere ({word}…)")
    return faults


def search_for(page: Path) -> str:
    """What the search on this page has to find: the title of a lesson, or of another page; nothing for other pages."""
    if page.name != "search.html":
        return ""
    others = sorted(page.parent.glob("[0-9][0-9]_*.html")) or sorted(page.parent.glob("*/*.html"))
    if not others:
        return ""
    heading = re.search(r"<h1>(?:\d+\.)?(.*?)<", others[0].read_text(encoding="utf-8"), re.S)
    return heading[1].strip() if heading else ""


def find_chromium() -> str | None:
    """The browser: CHROMIUM names it, or it is on the path."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def _handler(book: Path, jobs: Any, found: list[Any], done: threading.Event) -> Any:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(book))

        def log_message(self, *args: Any) -> None:
            pass

        def _send(self, text: str) -> None:
            data = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            path = book / urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).lstrip("/")
            if self.path == "/__visitor":
                self._send(VISITOR.replace("JOBS", json.dumps(jobs)))
            elif self.path == "/favicon.ico":
                self._send("")
            elif path.suffix == ".html" and path.is_file():
                self._send(path.read_text(encoding="utf-8").replace("<head>", "<head>" + LISTENER, 1))
            else:
                super().do_GET()

        def do_POST(self) -> None:
            found.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send("")
            done.set()

    return Handler


def seen_faults(
    book: Path,
    chromium: str,
    widths: Iterable[int] = WIDTHS,
    timeout: float = 300,
    looked_at: Iterable[Path] | None = None,
) -> list[str]:
    """What can be seen in a browser alone, of all pages, or of those of them that are given."""
    chosen = sorted(book.rglob("*.html") if looked_at is None else looked_at)
    pages = [page.relative_to(book).as_posix() for page in chosen]
    jobs = [(page, width, search_for(book / page)) for page in pages for width in widths]
    found: list[Any] = []
    done = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(book, jobs, found, done))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="minitorch-chromium-", ignore_cleanup_errors=True) as profile:
        command = [
            chromium, "--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions",
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
            f"--user-data-dir={profile}", "--window-size=1400,1000", "--remote-debugging-port=0",
            f"http://127.0.0.1:{server.server_port}/__visitor",
        ]  # fmt: skip
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not done.wait(timeout):
                raise LessonError(f"{chromium} did not look at {len(pages)} pages within {timeout:.0f} seconds")
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()
            server.server_close()
    return [f"{page}, {width} px: {fault}" for page, width, fault in found]


def check_pages(book: Path) -> list[str]:
    """Every fault of the book's pages, each in one line."""
    book = book.resolve()
    chromium = find_chromium()
    if chromium is None:
        raise LessonError(f"this needs Chromium: {', '.join(NAMES)} on the path, or CHROMIUM=PROGRAM")
    return broken_links(book) + seen_faults(book, chromium)

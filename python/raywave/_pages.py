# SPDX-License-Identifier: Apache-2.0
"""The report's page with more in it: a style, scripts that find the page in Raywave.page, data that they read."""
from __future__ import annotations

import html
import json


def for_script(document) -> str:
    """JSON that may stand inside a <script> element: pure ASCII, without '<'."""
    text = document if isinstance(document, str) else json.dumps(document)
    return text.replace("<", "\\u003c")


def extended(page: str, *, style: str, script: str, data: dict[str, str] | None = None, connect: str | None = None) -> str:
    """@param page  what report_html gives; data: {id: JSON}; connect: where its scripts may connect to, else nowhere"""
    blobs = "".join(f'<script type="application/json" id="{name}">{for_script(text)}</script>\n' for name, text in (data or {}).items())
    page = _put(page, "<body>", '<body data-live="true">')
    if connect:
        page = _put(page, "default-src 'none';", f"default-src 'none'; connect-src {connect};")
    page = _put(page, "</style>", f"{style}\n</style>")
    head, close, tail = page.rpartition("</body>")
    if not close:
        raise AssertionError("the report's page has no </body>")
    return f"{head}{blobs}<script>\n{script}\n</script>\n{close}{tail}"


def joined(*files) -> str:
    """Scripts that the page runs as one."""
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def data_of(page: str):
    """What the report's page carries."""
    return json.loads(page.partition('id="report-data">')[2].partition("</script>")[0])


def in_its_style(report: str, title: str, *, style: str, script: str, data: dict[str, str], connect: str) -> str:
    """A page of its own that looks like the report's: its style and its layout, without its scripts."""
    look = report.partition("<style>")[2].partition("</style>")[0]
    blobs = "".join(f'<script type="application/json" id="{name}">{for_script(text)}</script>\n' for name, text in data.items())
    title = html.escape(title)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; connect-src {connect}; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>{look}
{style}</style>
</head>
<body data-live="true">
<aside id="side"><header><h1>{title}</h1><p id="summary"></p></header></aside>
<main><div id="stage"><canvas id="view"></canvas><div id="color-bar" hidden></div></div></main>
<noscript><p class="notice">This page draws its scene with JavaScript, which is switched off here.</p></noscript>
{blobs}<script>
{script}
</script>
</body>
</html>
"""


def _put(page, mark, text):
    before, found, after = page.partition(mark)
    if not found:
        raise AssertionError(f"the report's page has no {mark}")
    return before + text + after

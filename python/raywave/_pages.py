# SPDX-License-Identifier: Apache-2.0
"""The report's page with more in it: a style, scripts that find the page in Raywave.page, data that they read."""
from __future__ import annotations

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


def _put(page, mark, text):
    before, found, after = page.partition(mark)
    if not found:
        raise AssertionError(f"the report's page has no {mark}")
    return before + text + after

# SPDX-License-Identifier: Apache-2.0
"""A calibration as a page: the calibrated scene in 3D, beside it parameters, figures, residual maps and what the data cannot tell."""
from __future__ import annotations

import html
import pathlib

import numpy as np

from .. import _pages, _raywave

_HERE = pathlib.Path(__file__).parent
_POINTS = 4000  # of a plot; of more evenly chosen ones


def _number(value, digits=4):
    if isinstance(value, complex):
        return f"{value:.3g}"
    return f"{value:.{digits}g}" if np.isfinite(value) else "-"


def _table(head, rows):
    def line(tag, row):
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row) + "</tr>"

    return f"<table><thead>{line('th', head)}</thead><tbody>{''.join(line('td', row) for row in rows)}</tbody></table>"


def _color(value, limit):
    """Blue below, white at 0, red above."""
    t = float(np.clip(value / limit, -1, 1))
    weak = round(255 * (1 - abs(t)) ** 0.8)
    return f"rgb(255,{weak},{weak})" if t > 0 else f"rgb({weak},{weak},255)"


def _thinned(count):
    return np.unique(np.linspace(0, count - 1, min(count, _POINTS)).round().astype(int))


def _map(one, when, limit):
    """Mean residual of each place, seen from above."""
    from .calibration import _place_means
    there = np.isfinite(one.measured) & ~one.censored
    places, rest = _place_means(one, when, there)
    keep = _thinned(len(places))
    places, rest = places[keep], rest[keep]
    low, high = places[:, :2].min(axis=0), places[:, :2].max(axis=0)
    size = max((high - low).max(), 1e-6)
    width, height = np.maximum(high - low, 0.05 * size)
    at = 300 / max(width, height)
    dots = "".join(f'<circle cx="{8 + (p[0] - low[0]) * at:.1f}" cy="{8 + (high[1] - p[1]) * at:.1f}" r="2.6" fill="{_color(r, limit)}">'
                   f"<title>{p[0]:.2f}, {p[1]:.2f}, {p[2]:.2f} m: {r:+.1f} {one.unit}</title></circle>" for p, r in zip(places, rest))
    return f'<svg class="map" viewBox="0 0 {width * at + 16:.0f} {height * at + 16:.0f}" role="img" aria-label="residuals {when}">{dots}</svg>'


def _scatter(one):
    """Measured across, predicted upwards."""
    there = np.flatnonzero(np.isfinite(one.measured) & ~one.censored)
    there = there[_thinned(len(there))]
    x, y = np.real(one.measured[there]), np.real(one.after[there])
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    at = 290 / max(high - low, 1e-9)
    kinds = np.where(one.held_out[there], "held", "used")
    dots = "".join(f'<circle cx="{5 + (a - low) * at:.1f}" cy="{295 - (b - low) * at:.1f}" r="1.6" class="{kind}"/>' for a, b, kind in zip(x, y, kinds))
    return (f'<svg class="map" viewBox="0 0 300 300" role="img" aria-label="predicted over measured"><line x1="5" y1="295" x2="295" y2="5"/>{dots}</svg>'
            f"<p>measured across, predicted upwards, {low:.0f} to {high:.0f} {html.escape(one.unit)}; held out in orange</p>")


def _set(one):
    unit = f" [{one.unit}]" if one.unit else ""
    told_of = one.figures()
    rows = [(f"{when}, {'fitted' if which == 'used' else 'held out'}", f["count"], _number(f["rmse"]), _number(f["mean_abs"]), f"{f['bias']:.2f}")
            for which in ("used", "held_out") for when in ("before", "after") for f in (told_of[when][which],) if f["count"]]
    text = f"<h2>{html.escape(one.kind.capitalize())}</h2>" + _table(("", "values", f"RMSE{unit}", "mean abs", "bias"), rows)
    rest = np.abs((one.measured - one.before)[np.isfinite(one.measured) & ~one.censored])
    limit = max(float(np.percentile(rest, 90)), 1e-9)
    text += (f"<h3>Measured minus predicted on the plan</h3><p>mean of each place; red: more was measured, blue: less, full at {limit:.3g} {html.escape(one.unit)}</p>"
             f'<div class="maps"><figure>{_map(one, "before", limit)}<figcaption>before</figcaption></figure>'
             f'<figure>{_map(one, "after", limit)}<figcaption>after</figcaption></figure></div>{_scatter(one)}')
    if one.offsets:
        text += "<h3>Offsets</h3>" + _table(("of", f"value{unit}", "deviation"), [(f"{o['factor']} {o['name']}", _number(o["value"]), _number(o["deviation"], 2)) for o in one.offsets[:200]])
    return text


def page(found, title) -> str:
    told = found.told
    parameters = _table(("parameter", "start", "found", "deviation", ""),
                        [(label, _number(a), _number(b), _number(c, 2), "not told" if not found._is_told(label) else "at its bound" if label in told.at_bound else "")
                         for label, a, b, c in zip(found.labels, found.start, found.found, found.deviations)])
    doubts = [f"no measurement sees {name}" for name in told.unseen] + [f"{name} is seen only together with others" for name in told.together_only]
    doubts += [f"not told: {text}" for text in told.combinations] + [f"{name} lies at its bound" for name in told.at_bound]
    if told.assumed:
        doubts.append("no value is left over to tell the noise: sigma is taken as it stands")
    listed = "".join(f"<li>{html.escape(text)}</li>" for text in doubts) or "<li>all numbers are told</li>"
    values = told.singular_values
    bars = "".join(f'<li><span style="width:{max(1.0, 100 * np.log10(1 + v) / max(np.log10(1 + values[0]), 1e-9)):.0f}%"></span>{v:.3g}</li>' for v in values[:40]) if len(values) else ""
    text = (f'<section id="calibration"><h2>Parameters</h2>{parameters}{"".join(_set(one) for one in found.compared)}'
            f"<h2>What the data cannot tell</h2><ul>{listed}</ul><h3>Singular values</h3><p>of the Jacobian in widths known before over the noise of {', '.join(f'{n:.3g}' for n in told.noises)}: "
            f'below {12 ** 0.5:.1f} a direction is not told</p><ol class="bars">{bars}</ol></section>')
    base = _raywave.report_html(found.scene, None, None, title, "path_gain")
    return _pages.extended(base, style=(_HERE / "calibration.css").read_text(encoding="utf-8"), script=(_HERE / "calibration.js").read_text(encoding="utf-8"),
                           data={"calibration-data": _pages.for_script({"html": text})})

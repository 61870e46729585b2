// SPDX-License-Identifier: Apache-2.0
#include "raywave/view/wave_figure.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <span>

#include "raywave/core/constants.h"
#include "raywave/view/canvas.h"

namespace raywave::view {
namespace {

using wave::Complexc;
using wave::Field;

constexpr Rgb kDark{40, 40, 44}, kNothing{226, 226, 230}, kOutline{255, 255, 255};

struct Panel {
  double left, top, width, height;
  double z_min, z_max, y_min, y_max;
  double px(double z) const { return left + (z - z_min) / (z_max - z_min) * width; }
  double py(double y) const { return top + (y_max - y) / (y_max - y_min) * height; }
};

// Red at 0, green, blue: a closed circle of equal brightness.
Rgb phase_color(double rad) {
  const auto channel = [rad](double at) { return uint8_t(std::lround(135 + 110 * std::cos(rad - at))); };
  return {channel(0), channel(2 * kPi / 3), channel(4 * kPi / 3)};
}

size_t nearest(const std::vector<double>& sorted, double v) {
  const auto it = std::lower_bound(sorted.begin(), sorted.end(), v);
  if (it == sorted.begin()) return 0;
  if (it == sorted.end()) return sorted.size() - 1;
  return size_t(it - sorted.begin()) - (v - *(it - 1) <= *it - v ? 1 : 0);
}

/// color(plane, j) in every pixel of the panel.
void draw_image(Canvas& c, const Panel& p, const std::vector<double>& z_m, const std::vector<double>& y_m,
                const std::function<Rgb(size_t, size_t)>& color) {
  const int columns = int(p.width), rows = int(p.height);
  std::vector<Rgb> pixels(size_t(columns) * size_t(rows));
  std::vector<size_t> plane(static_cast<size_t>(columns));
  for (int x = 0; x < columns; ++x)
    plane[size_t(x)] = nearest(z_m, p.z_min + (x + 0.5) / columns * (p.z_max - p.z_min));
  for (int r = 0; r < rows; ++r) {
    const size_t j = nearest(y_m, p.y_max - (r + 0.5) / rows * (p.y_max - p.y_min));
    for (int x = 0; x < columns; ++x) pixels[size_t(r) * size_t(columns) + size_t(x)] = color(plane[size_t(x)], j);
  }
  c.image(p.left, p.top, p.width, p.height, pixels, columns, rows);
}

void draw_objects(Canvas& c, const Panel& p, const wave::Scene& scene) {
  for (const wave::Object& o : scene.objects)
    for (const wave::Extent& e : wave::extents(o)) {
      if (o.solids.empty()) break;  // a solid as the box around it
      const auto y = [&](double v) { return p.py(std::clamp(v, p.y_min, p.y_max)); };
      c.line(p.px(e.z0), y(e.y0), p.px(e.z1), y(e.y0), kOutline);
      c.line(p.px(e.z0), y(e.y1), p.px(e.z1), y(e.y1), kOutline);
      c.line(p.px(e.z0), y(e.y0), p.px(e.z0), y(e.y1), kOutline);
      c.line(p.px(e.z1), y(e.y0), p.px(e.z1), y(e.y1), kOutline);
    }
  for (const wave::Object& o : scene.objects)
    for (const wave::Outline& outline : o.outlines)
      for (size_t i = 0; i < outline.size(); ++i) {
        const auto at = [&](const wave::Point& q) {
          return std::pair{p.px(std::clamp(q.z_m, p.z_min, p.z_max)), p.py(std::clamp(q.y_m, p.y_min, p.y_max))};
        };
        const auto [x0, y0] = at(outline[i]);
        const auto [x1, y1] = at(outline[(i + 1) % outline.size()]);
        c.line(x0, y0, x1, y1, kOutline, 1.2);
      }
}

void draw_axes(Canvas& c, const Panel& p, bool z_labels, bool y_labels, double size = 11) {
  c.frame(p.left, p.top, p.width, p.height);
  for (const double z : nice_ticks(p.z_min, p.z_max, std::max(2, int(p.width / 90)))) {
    c.line(p.px(z), p.top + p.height, p.px(z), p.top + p.height + 4, kDark);
    if (z_labels) c.text(p.px(z), p.top + p.height + 13, tick_label(z), size, 0.5);
  }
  for (const double y : nice_ticks(p.y_min, p.y_max, std::max(2, int(p.height / 45)))) {
    c.line(p.left - 4, p.py(y), p.left, p.py(y), kDark);
    if (y_labels) c.text(p.left - 7, p.py(y), tick_label(y), size, 1);
  }
}

void draw_bar(Canvas& c, double x, double top, double height, double lo, double hi, const std::string& label,
              bool cyclic) {
  std::vector<Rgb> ramp(256);
  for (int i = 0; i < 256; ++i) {
    const double t = 1 - i / 255.0;
    ramp[size_t(i)] = cyclic ? phase_color(lo + t * (hi - lo)) : sequential_color(t);
  }
  c.image(x, top, 13, height, ramp, 1, 256);
  c.frame(x, top, 13, height);
  for (const double v : nice_ticks(lo, hi, std::max(2, int(height / 40)))) {
    const double y = top + height * (hi - v) / (hi - lo);
    c.line(x + 13, y, x + 16, y, kDark);
    c.text(x + 19, y, tick_label(v), 11);
  }
  c.vertical_text(x + 52, top + height / 2, label, 12);
}

double decibels(double amplitude) { return 20 * std::log10(std::max(amplitude, 1e-300)); }

double largest_of(const std::vector<Field>& planes) {
  double top = 0;
  for (const Field& f : planes)
    for (const Complexc v : f) top = std::max(top, std::abs(v));
  return top;
}

void draw_field(Canvas& c, const Panel& p, const wave::Comparison& m, const std::vector<Field>& field, bool phase,
                double top, double range_db) {
  const double k = m.scene.wavenumber_rad_per_m();  // the carrier exp(-j k z) is taken out of the phase
  draw_image(c, p, m.z_m, m.y_m, [&](size_t plane, size_t j) {
    if (field[plane].empty()) return kNothing;
    const Complexc v = field[plane][j];
    if (phase) return phase_color(std::arg(v * std::polar(1.0, k * m.z_m[plane])));
    return sequential_color(1 + (decibels(std::abs(v)) - decibels(top)) / range_db);
  });
  draw_objects(c, p, m.scene);
}

void draw_missing(Canvas& c, const Panel& p, const std::string& why) {
  c.rectangle(p.left, p.top, p.width, p.height, kNothing);
  std::string line;
  double y = p.top + 24;
  std::string rest = why + " ";
  for (size_t at = rest.find(' '); at != std::string::npos; at = rest.find(' ')) {
    const std::string word = rest.substr(0, at + 1);
    rest = rest.substr(at + 1);
    if (!line.empty() && c.text_width(line + word, 11) > p.width - 20) {
      c.text(p.left + 10, y, line, 11), y += 15;
      line.clear();
    }
    line += word;
  }
  c.text(p.left + 10, y, line, 11);
}

std::string short_number(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2g", v);
  return buffer;
}

const char* long_name(const std::string& name) {
  if (name == "fft") return "FFT";
  if (name == "dense") return "dense";
  if (name == "gaussian_beams") return "Gaussian beams";
  if (name == "nufft") return "nonuniform FFT";
  return "Green's function";
}

void draw_table(Canvas& c, double left, double top, const std::vector<std::vector<std::string>>& rows,
                const std::vector<double>& columns) {
  for (size_t r = 0; r < rows.size(); ++r) {
    const double y = top + 21 * double(r);
    for (size_t k = 0; k < rows[r].size(); ++k)
      c.text(left + columns[k], y, rows[r][k], 12, k == 0 ? 0 : 1, r == 0 ? Rgb{20, 60, 130} : kDark);
    c.line(left, y + 11, left + columns.back(), y + 11, {214, 214, 220});
  }
}

std::vector<std::vector<std::string>> gradient_table(const wave::Comparison& m) {
  return {{"change with the source's position", "error", "ms"},
          {"launched slope, marched", short_number(m.sensitivity_error), ""},
          {"tangent propagated", short_number(m.tangent_error), short_number(1e3 * m.seconds_tangent)},
          {"adjoint against tangent", short_number(m.adjoint_error), short_number(1e3 * m.seconds_adjoint)}};
}

std::string html_table(const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<table>\n";
  for (size_t r = 0; r < rows.size(); ++r) {
    out += "<tr>";
    for (const std::string& cell : rows[r]) {
      const char* tag = r == 0 ? "th" : "td";
      std::string safe;
      for (const char ch : cell)
        safe += ch == '<' ? "&lt;" : ch == '>' ? "&gt;" : ch == '&' ? "&amp;" : std::string(1, ch);
      out += message("<", tag, ">", safe, "</", tag, ">");
    }
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

void plot_profiles(Canvas& c, const Panel& frame, const wave::Result& r, const std::vector<std::vector<double>>& db,
                   double top, double range_db) {
  Panel p = frame;  // y to the right, dB upwards
  p.z_min = r.y_m.front(), p.z_max = r.y_m.back(), p.y_min = top - range_db, p.y_max = top + 1;
  for (size_t plane = 0; plane < db.size(); ++plane) {
    const Rgb color = categorical_color(int(plane));
    for (size_t j = 0; j + 1 < r.y_m.size(); ++j)
      if (std::max(db[plane][j], db[plane][j + 1]) > p.y_min)
        c.line(p.px(r.y_m[j]), p.py(std::max(db[plane][j], p.y_min)), p.px(r.y_m[j + 1]),
               p.py(std::max(db[plane][j + 1], p.y_min)), color, 1.4);
    c.text(p.left + p.width - 8, p.top + 16 + 18 * double(plane), "z = " + tick_label(r.z_m[plane]) + " m", 12, 1,
           color);
  }
  draw_axes(c, p, true, true);
  c.text(p.left + p.width / 2, p.top + p.height + 36, "y in m", 13, 0.5);
  c.vertical_text(20, p.top + p.height / 2, "|u| in dB", 13);
}

}  // namespace

void plot_wave_field(const std::string& path, const wave::Result& r, const WavePlotOptions& o) {
  const int sources = int(r.scene().sources.size());
  if (o.source < -1 || o.source >= sources)
    throw Error(message("source must be in [-1, ", sources - 1, "], got ", o.source));
  if (o.width_px < 300) throw Error(message("width_px must be >= 300, got ", o.width_px));
  if (o.phase && o.source < 0) throw Error("an incoherent sum has no phase");
  const size_t layer = nearest(r.x_m, o.x_m) * r.y_m.size();
  std::vector<std::vector<double>> db(r.z_m.size());
  double top = -1e9;
  for (size_t p = 0; p < db.size(); ++p) {
    std::vector<double> power;
    if (o.source < 0) power = r.incoherent_sum(int(p));
    for (size_t j = 0; j < r.y_m.size(); ++j) {
      db[p].push_back(o.source < 0 ? 10 * std::log10(std::max(power[layer + j], 1e-300))
                                   : decibels(std::abs(r.field[p][size_t(o.source)][layer + j])));
      top = std::max(top, db[p].back());
    }
  }
  Panel p{76, 46, o.width_px - 76 - 96.0, 0, r.z_m.front(), r.z_m.back(), r.y_m.front(), r.y_m.back()};
  const bool profiles = r.z_m.size() < 3;
  p.height =
      profiles ? 0.5 * p.width : std::clamp(p.width * (p.y_max - p.y_min) / (p.z_max - p.z_min), 180.0, 1.2 * p.width);
  Canvas c(path, o.width_px, int(p.top + p.height + 56));
  const std::string label = o.phase ? "phase in rad" : "|u| in dB";
  c.text(p.left, 24, o.title.empty() ? label : o.title, 15);
  if (profiles) {
    plot_profiles(c, p, r, db, top, o.range_db);
    c.finish();
    return;
  }
  draw_image(c, p, r.z_m, r.y_m, [&](size_t plane, size_t j) {
    return o.phase ? phase_color(std::arg(r.field[plane][size_t(o.source)][layer + j]))
                   : sequential_color(1 + (db[plane][j] - top) / o.range_db);
  });
  draw_objects(c, p, r.scene());
  draw_axes(c, p, true, true);
  c.text(p.left + p.width / 2, p.top + p.height + 36, "z in m", 13, 0.5);
  c.vertical_text(18, p.top + p.height / 2, "y in m", 13);
  draw_bar(c, p.left + p.width + 20, p.top, p.height, o.phase ? -kPi : top - o.range_db, o.phase ? kPi : top, label,
           o.phase);
  c.finish();
}

std::vector<std::vector<std::string>> comparison_table(const wave::Comparison& m) {
  std::vector<std::vector<std::string>> rows{{"solver", "error to FFT", "error to Green's", "time [ms]"}};
  for (const wave::SolverField& s : m.solvers) {
    const bool there = s.missing.empty(), green = s.name == "green";
    rows.push_back({long_name(s.name), there && s.name != "fft" ? short_number(s.error_to_fft) : "-",
                    there && !green && s.error_to_green >= 0 ? short_number(s.error_to_green) : "-",
                    there ? short_number(1e3 * s.seconds) : "-"});
  }
  return rows;
}

void plot_wave_comparison(const std::string& path, const wave::Comparison& m) {
  const double width = 236, height = 190, gap = 14, left = 66, top = 62, range_db = 50;
  const int solvers = int(m.solvers.size());
  const double right = left + solvers * (width + gap) + 4;
  const double second = top + height + 34, third = second + height + 74;
  Canvas c(path, int(right + 84), int(third + height + 50));
  c.text(left, 20, "One scene, four backends and the reference", 16);
  const auto panel = [&](double x, double y) {
    return Panel{x, y, width, height, m.z_m.front(), m.z_m.back(), m.y_m.front(), m.y_m.back()};
  };
  const double strongest = largest_of(m.solvers[0].field);
  for (int i = 0; i < solvers; ++i) {
    const wave::SolverField& s = m.solvers[size_t(i)];
    const double x = left + i * (width + gap);
    c.text(x + width / 2, top - 12, long_name(s.name), 13, 0.5);
    for (const bool phase : {false, true}) {
      const Panel p = panel(x, phase ? second : top);
      if (!s.missing.empty()) {
        draw_missing(c, p, s.missing);
      } else {
        draw_field(c, p, m, s.field, phase, strongest, range_db);
      }
      draw_axes(c, p, phase, i == 0);
    }
  }
  c.vertical_text(16, second - 17, "y in m", 12);
  draw_bar(c, right, top, height, decibels(strongest) - range_db, decibels(strongest), "|E| in dB", false);
  draw_bar(c, right, second, height, -kPi, kPi, "phase of E exp(jkz), rad", true);
  const std::pair<const char*, const std::vector<Field>*> gradients[] = {
      {"dE/dy0: launched slope, marched", &m.shift_sensitivity},
      {"dE/dy0: tangent propagated", &m.tangent},
      {"dE/dy0: finite differences", &m.finite_difference}};
  const double steepest = largest_of(m.finite_difference);
  for (int i = 0; i < 3; ++i) {
    const Panel p = panel(left + i * (width + gap), third);
    c.text(p.left + width / 2, third - 12, gradients[i].first, 12, 0.5);
    if (gradients[i].second->empty()) {
      draw_missing(c, p, "no gradient on nonuniform points");
    } else {
      draw_field(c, p, m, *gradients[i].second, false, steepest, range_db);
    }
    draw_axes(c, p, true, i == 0);
    c.text(p.left + width / 2, third + height + 32, "z in m", 12, 0.5);
  }
  const double table = left + 3 * (width + gap) + 74;
  if (steepest > 0)
    draw_bar(c, table - 70, third, height, decibels(steepest) - range_db, decibels(steepest), "dB", false);
  draw_table(c, table + 16, third - 12, comparison_table(m), {0, 220, 330, 420});
  if (!m.tangent.empty()) draw_table(c, table + 16, third + 128, gradient_table(m), {0, 330, 420});
  c.finish();
}

std::string wave_comparison_html(const wave::Comparison& m, const std::string& svg) {
  const size_t begin = svg.find("<svg");
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>raywave: waves compared</title>\n<style>"
      "body{font:14px/1.5 system-ui,\"DejaVu Sans\",Arial,sans-serif;color:#1f2933;margin:24px;max-width:1500px}"
      "svg{width:100%;height:auto}table{border-collapse:collapse;margin:16px 0}"
      "th,td{padding:3px 14px;border-bottom:1px solid #dde3e9;text-align:right}"
      "th:first-child,td:first-child{text-align:left}</style></head><body>\n<h1>Waves compared</h1>\n";
  page += message("<p>", m.scene.frequency_hz * 1e-9, " GHz, ", m.y_m.size(), " points, ", m.z_m.size(), " planes, ",
                  m.scene.objects.size(), " objects.</p>\n");
  page += svg.substr(begin == std::string::npos ? 0 : begin);
  page += html_table(comparison_table(m));
  if (!m.tangent.empty()) page += html_table(gradient_table(m));
  return page + "</body></html>\n";
}

}  // namespace raywave::view

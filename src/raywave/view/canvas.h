// SPDX-License-Identifier: Apache-2.0
// A drawing surface of this room: Cairo behind a few words, PNG or SVG by the file's extension.
#pragma once

#include <string>
#include <vector>

#include "raywave/view/color_map.h"

// Cairo's own names, so that only canvas.cpp sees its headers.
typedef struct _cairo cairo_t;                  // NOLINT(bugprone-reserved-identifier)
typedef struct _cairo_surface cairo_surface_t;  // NOLINT(bugprone-reserved-identifier)

namespace raywave::view {

class Canvas {
 public:
  /// @throws Error for an extension other than .png and .svg, or a folder that cannot be written.
  Canvas(const std::string& path, int width, int height);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  void rectangle(double x, double y, double w, double h, Rgb fill);
  void frame(double x, double y, double w, double h);
  void line(double x0, double y0, double x1, double y1, Rgb color, double width = 1);
  void dot(double x, double y, double radius, Rgb fill);
  /// A triangle pointing up, with a white rim: a transmitter.
  void marker(double x, double y);
  /// align: 0 left, 0.5 centre, 1 right; the text's middle height is at y. halo: a white rim, for text over pictures.
  void text(double x, double y, const std::string& s, double size, double align = 0, Rgb color = {40, 40, 44},
            bool halo = false);
  /// Turned by 90 degrees, reading upward, centred at (x, y).
  void vertical_text(double x, double y, const std::string& s, double size);
  double text_width(const std::string& s, double size);
  /// Pixels row by row from the top, drawn without smoothing into the given rectangle.
  void image(double x, double y, double w, double h, const std::vector<Rgb>& pixels, int columns, int rows);
  /// Writes the file under its name. @throws Error.
  void finish();

 private:
  std::string path_, part_;
  bool png_;
  cairo_surface_t* surface_;
  cairo_t* cairo_;
};

/// Round tick values inside [min, max], about `wanted` of them.
std::vector<double> nice_ticks(double min, double max, int wanted);
/// Without trailing zeros: "-105", "2.5".
std::string tick_label(double value);

}  // namespace raywave::view

// SPDX-License-Identifier: Apache-2.0
// Panels of raywave.Ris, and their parameters by name: ris/NAME/phase_rad, amplitude, position_m, orientation_rad.
#pragma once

#include "convert.h"
#include "numbers.h"
#include "raywave/paths/panels.h"

namespace raywave::python {

inline std::vector<paths::Panel> panels_from(const nb::object& list) {
  std::vector<paths::Panel> out;
  for (const nb::handle& item : list) {
    paths::Panel p;
    p.name = nb::cast<std::string>(item.attr("name"));
    const auto phase = nb::borrow(item.attr("phase_rad"));
    const nb::tuple shape = phase.attr("shape");
    p.num_rows = nb::cast<int>(shape[0]), p.num_cols = nb::cast<int>(shape[1]);
    const std::vector<int64_t> elements{p.num_rows, p.num_cols}, three{3};
    const auto spacing = reals_from(nb::borrow(item.attr("spacing_m")), "spacing_m", {2});
    p.vertical_spacing_m = spacing[0], p.horizontal_spacing_m = spacing[1];
    const auto at = reals_from(nb::borrow(item.attr("position_m")), "position_m", three),
               turned = reals_from(nb::borrow(item.attr("orientation_rad")), "orientation_rad", three);
    p.position_m = {at[0], at[1], at[2]}, p.orientation_rad = {turned[0], turned[1], turned[2]};
    p.phase_rad = reals_from(phase, "phase_rad", elements);
    p.amplitude = reals_from(nb::borrow(item.attr("amplitude")), "amplitude", elements);
    out.push_back(std::move(p));
  }
  return out;
}

inline constexpr std::array<const char*, 4> kPanelWords{"phase_rad", "amplitude", "position_m", "orientation_rad"};

inline std::string panel_name(const paths::Panel& p, size_t word) { return "ris/" + p.name + "/" + kPanelWords[word]; }
inline std::vector<std::string> panel_names(const std::vector<paths::Panel>& panels) {
  std::vector<std::string> out;
  for (const paths::Panel& p : panels) {
    for (size_t word = 0; word < kPanelWords.size(); ++word) out.push_back(panel_name(p, word));
  }
  return out;
}
inline Error unknown_panel_name(const std::string& name, const std::vector<std::string>& known) {
  return Error(
      message("no parameter '", name, "'", known.empty() ? ": there are no panels" : did_you_mean(name, known)));
}

inline Vec3d& pose_of(paths::PanelDerivative& d, size_t word) { return word == 2 ? d.position_m : d.orientation_rad; }

/// @param name  one of panel_names
inline void set_panel_tangent(const std::vector<paths::Panel>& panels, paths::PanelsDerivative& out,
                              const std::string& name, const nb::object& value) {
  for (size_t k = 0; k < panels.size(); ++k) {
    const paths::Panel& p = panels[k];
    for (size_t word = 0; word < kPanelWords.size(); ++word) {
      if (panel_name(p, word) != name) continue;
      const std::string what = "the tangent of " + name;
      if (word < 2) {
        (word == 0 ? out.panels[k].phase_rad : out.panels[k].amplitude) =
            reals_from(value, what, {p.num_rows, p.num_cols});
      } else {
        const auto v = reals_from(value, what, {3});
        pose_of(out.panels[k], word) = {v[0], v[1], v[2]};
      }
    }
  }
}

inline void put_panel_gradients(const std::vector<paths::Panel>& panels, paths::PanelsDerivative& found,
                                const std::vector<std::string>& names, nb::dict& gradient) {
  for (size_t k = 0; k < panels.size(); ++k) {
    const paths::Panel& p = panels[k];
    for (size_t word = 0; word < kPanelWords.size(); ++word) {
      const std::string name = panel_name(p, word);
      if (std::find(names.begin(), names.end(), name) == names.end()) continue;
      paths::PanelDerivative& d = found.panels[k];
      if (word < 2) {
        gradient[name.c_str()] = array<double>(std::vector<double>(word == 0 ? d.phase_rad : d.amplitude),
                                               {size_t(p.num_rows), size_t(p.num_cols)});
      } else {
        const Vec3d& v = pose_of(d, word);
        gradient[name.c_str()] = array<double>(std::vector<double>{v.x, v.y, v.z}, {3});
      }
    }
  }
}

}  // namespace raywave::python

// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/panel_legs.h"

#include <array>

#include "raywave/paths/panel_waves.h"

namespace raywave::paths {

static scene::Device device_of(const Panel& panel) {
  scene::Device d;
  d.name = panel.name;
  d.position_m = panel.position_m;
  d.orientation_rad = panel.orientation_rad;
  d.array.element_positions_m = panel.offsets_m();
  d.array.polarization = "VH";
  d.array.slants_rad = em::slants_from_name("VH");
  return d;
}

scene::Scene with_panels(const scene::Scene& scene, const std::vector<Panel>& panels, bool as_receivers) {
  scene::Scene out = scene;
  (as_receivers ? out.receivers : out.transmitters).clear();
  for (const Panel& p : panels) {
    if (as_receivers) {
      out.add_receiver(device_of(p));
    } else {
      out.add_transmitter(device_of(p));
    }
  }
  return out;
}

Angles<double> seen(const Paths& paths, int64_t p, bool towards) {
  const auto i = size_t(p);
  return towards ? Angles<double>{paths.theta_r[i], paths.phi_r[i]} : Angles<double>{paths.theta_t[i], paths.phi_t[i]};
}

std::vector<Complexd> slants_first(const Paths& paths, const Link& link, const std::vector<Complexd>& a, int64_t p,
                                   bool towards) {
  const auto at = size_t(paths.a_begin[size_t(p)]);
  const auto ports = size_t(towards ? paths.num_tx_ports(link) : paths.num_rx_ports(link));
  std::vector<Complexd> out(2 * ports);
  for (size_t s = 0; s < 2; ++s) {
    for (size_t d = 0; d < ports; ++d) out[s * ports + d] = a[at + (towards ? s * ports + d : 2 * d + s)];
  }
  return out;
}

std::vector<Waves<double>> waves_of(const Paths& paths, const std::vector<Panel>& panels, bool towards) {
  std::vector<Waves<double>> out(size_t(paths.num_paths()));
  for (const Link& l : paths.links) {
    const PanelFace<double> face(panels[size_t(towards ? l.rx : l.tx)], paths.frequency_hz);
    for (int64_t p = l.path_begin; p < l.path_end; ++p) {
      out[size_t(p)] = face.waves(seen(paths, p, towards), slants_first(paths, l, paths.a, p, towards));
    }
  }
  return out;
}

Complexd load_of(const Panel& panel, int element) {
  const Complexd turn = expj(panel.phase_of(element));
  return panel.amplitude_of(element) * Complexd{turn.im, -turn.re};
}

std::array<TouchedMaterials, 3> touched_legs(const PanelPaths& all, const TouchedMaterials& touched) {
  std::array<TouchedMaterials, 3> out;
  if (touched.empty()) return out;
  if (int64_t(touched.row.size()) != all.num_touches())
    throw Error(message("materials at touched places are of ", touched.row.size() / 2,
                        " interactions, the ways to panels, on from them and beside them have ",
                        all.num_touches() / 2));
  auto begin = touched.row.begin();
  for (size_t k = 0; k < out.size(); ++k) {
    const auto end = begin + 2 * int64_t(all.legs()[k]->interactions.size());
    out[k] = {{begin, end}, touched.numbers, touched.slopes};
    begin = end;
  }
  return out;
}

}  // namespace raywave::paths

// SPDX-License-Identifier: Apache-2.0
#include "raywave/maps/panel_map.h"

#include <algorithm>

#include "raywave/core/constants.h"
#include "raywave/paths/path_solver.h"

namespace raywave::maps {
namespace {

using paths::Link;
using paths::PanelPaths;
using paths::Paths;

constexpr double kDipoleGain = 1.5;
constexpr int kDevicesPerCell = 2;  // one with dipoles along z and y, one with a dipole along x

/// Dipoles, not a pair of polarisations: they have slopes in all directions.
scene::Device dipoles(const std::string& name, const std::string& polarization, const Vec3d& at_m) {
  scene::Device d;
  d.name = name;
  d.position_m = at_m;
  d.array.pattern.kind = em::PatternKind::kShortDipole;
  d.array.pattern.model = em::PolarizationModel::kTr38901Model1;
  d.array.polarization = polarization;
  d.array.slants_rad = em::slants_from_name(polarization);
  return d;
}

void add_dipoles(scene::Scene& scene, size_t cell, const Vec3d& at_m) {
  scene.receivers.push_back(dipoles(message(" cell ", cell, " zy"), "VH", at_m));
  scene.receivers.push_back(dipoles(message(" cell ", cell, " x"), "V", at_m));
  scene.receivers.back().orientation_rad = {0, kPi / 2, 0};
}

/// Cells in parts, each as the receivers of a scene.
class Parts {
 public:
  Parts(const scene::Scene& scene, const paths::PreparedScene& prepared, const RadioMapOptions& options,
        const std::vector<paths::Panel>& panels, const std::vector<Vec3d>& cells)
      : scene_(scene), prepared_(prepared), panels_(panels), cells_(cells) {
    static_cast<paths::RayOptions&>(options_) = options;
    options_.log = nullptr, options_.progress = nullptr;
    scene_.receivers.clear();
    int64_t elements = 1;
    for (const paths::Panel& p : panels) elements += p.num_elements();
    size_ = size_t(std::max<int64_t>(1, 200'000 / elements));
    for (const scene::Device& tx : scene.transmitters) weights_.push_back(tx.port_weights());
  }

  const paths::PathOptions& options() const { return options_; }
  const std::vector<Complexd>& weights(size_t tx) const { return weights_[tx]; }

  /// visit(scene of the part, its paths, its first cell)
  template <class Visit>
  void each(const runtime::Progress& progress, Visit&& visit) {
    const int64_t count = int64_t((cells_.size() + size_ - 1) / size_);
    runtime::Reporter reporter(progress, count);
    for (size_t first = 0; first < cells_.size(); first += size_) {
      reporter.check();
      scene::Scene part = scene_;
      for (size_t c = first; c < std::min(cells_.size(), first + size_); ++c) add_dipoles(part, c - first, cells_[c]);
      visit(part, paths::solve_panel_paths(part, prepared_, options_, panels_), first);
      reporter.task_done();
    }
  }

  /// What a link's receiving ports get at the carrier, [num_rx_ports].
  std::vector<Complexd> received(const Paths& p, const Link& l) const {
    return weighted(p, l, [&](int64_t i, size_t k) { return turn(p, i) * p.a[k]; });
  }
  /// And how it moves.
  std::vector<Complexd> received_moved(const Paths& p, const Link& l, const paths::PathsDerivative& d) const {
    return weighted(p, l, [&](int64_t i, size_t k) {
      const double phase = -2 * kPi * (p.frequency_hz * d.tau_s[size_t(i)] + d.frequency_hz * p.tau_s[size_t(i)]);
      return turn(p, i) * (d.a[k] + Complexd{0, phase} * p.a[k]);
    });
  }

  static Complexd turn(const Paths& p, int64_t i) { return expj(-2 * kPi * p.frequency_hz * p.tau_s[size_t(i)]); }

 private:
  template <class Term>
  std::vector<Complexd> weighted(const Paths& p, const Link& l, Term&& term) const {
    const auto rx = size_t(p.num_rx_ports(l)), tx = size_t(p.num_tx_ports(l));
    std::vector<Complexd> out(rx);
    for (int64_t i = l.path_begin; i < l.path_end; ++i) {
      for (size_t r = 0; r < rx; ++r) {
        for (size_t t = 0; t < tx; ++t)
          out[r] += weights_[size_t(l.tx)][t] * term(i, size_t(p.a_begin[size_t(i)]) + r * tx + t);
      }
    }
    return out;
  }

  scene::Scene scene_;
  const paths::PreparedScene& prepared_;
  const std::vector<paths::Panel>& panels_;
  const std::vector<Vec3d>& cells_;
  paths::PathOptions options_;
  std::vector<std::vector<Complexd>> weights_;
  size_t size_;
};

size_t place(const RadioMap& map, const Link& l, size_t first) {
  return size_t(l.tx) * size_t(map.num_cells()) + first + size_t(l.rx) / kDevicesPerCell;
}

void require_coherent(const RadioMapOptions& o) {
  if (o.method != Method::kExact)
    throw Error(
        "panels: a map with panels adds fields up, which method=\"monte-carlo\" does not; use \"exact\" with "
        "coherent=true");
  if (!o.coherent) throw Error("panels: a map with panels adds fields up: it needs coherent=true");
  if (o.points_per_cell != 1)
    throw Error(
        message("panels: a map with panels has one sample point a cell, got points_per_cell ", o.points_per_cell));
}

void require_plane(const RadioMap& map) {
  if (map.surface.kind != Surface::Kind::kPlane)
    throw Error(
        "derivatives of maps with panels are those of planes: cells on meshes and terrain would move with the scene");
}

}  // namespace

RadioMap solve_panel_map(const scene::Scene& scene, const paths::PreparedScene& prepared, const Surface& surface,
                         const RadioMapOptions& options, const std::vector<paths::Panel>& panels) {
  options.validate();
  require_coherent(options);
  RadioMapOptions none = options.without_scattering();
  none.max_depth = 0, none.los = false, none.diffraction = false, none.keep_arrivals = false;
  none.log = nullptr, none.progress = nullptr;
  RadioMap map = solve_radio_map(scene, prepared, surface, none);
  std::fill(map.path_gain.begin(), map.path_gain.end(), 0.0);
  Parts parts(scene, prepared, options, panels, map.cell_centers_m);
  parts.each(options.progress, [&](const scene::Scene&, const PanelPaths& all, size_t first) {
    for (const Link& l : all.paths.links) {
      for (const Complexd& h : parts.received(all.paths, l))
        map.path_gain[place(map, l, first)] += norm2(h) / kDipoleGain;
    }
    map.num_arrivals += all.paths.num_paths();
  });
  return map;
}

paths::PanelsDerivative panel_metrics_vjp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                          const RadioMapOptions& options, const RadioMap& map,
                                          const std::vector<paths::Panel>& panels, const MetricsDerivative& cotangent) {
  require_plane(map);
  const GainCotangent by = gain_cotangent(map, cotangent);
  paths::PanelsDerivative out(scene, panels);
  for (size_t tx = 0; tx < by.power_dbm.size(); ++tx) out.scene.transmitters[tx].power_dbm += by.power_dbm[tx];
  Parts parts(scene, prepared, options, panels, map.cell_centers_m);
  parts.each(nullptr, [&](const scene::Scene& part, const PanelPaths& all, size_t first) {
    const Paths& p = all.paths;
    paths::PathsDerivative d;
    d.a.resize(p.a.size()), d.tau_s.resize(p.tau_s.size());
    for (const Link& l : p.links) {
      const double g = 2 * by.path_gain[place(map, l, first)] / kDipoleGain;
      if (g == 0) continue;
      const auto ports = size_t(p.num_tx_ports(l));
      const auto& weights = parts.weights(size_t(l.tx));
      const std::vector<Complexd> h = parts.received(p, l);
      auto& precoding = out.scene.transmitters[size_t(l.tx)].precoding;
      for (int64_t i = l.path_begin; i < l.path_end; ++i) {
        const Complexd turn = Parts::turn(p, i);
        for (size_t r = 0; r < h.size(); ++r) {
          const Complexd by_h = g * h[r];
          for (size_t t = 0; t < ports; ++t) {
            const size_t k = size_t(p.a_begin[size_t(i)]) + r * ports + t;
            d.a[k] += conj(weights[t] * turn) * by_h;
            precoding[t] += conj(turn * p.a[k]) * by_h;
            const double by_phase = (conj(Complexd{0, -1} * weights[t] * turn * p.a[k]) * by_h).re;
            d.tau_s[size_t(i)] += 2 * kPi * p.frequency_hz * by_phase;
            d.frequency_hz += 2 * kPi * p.tau_s[size_t(i)] * by_phase;
          }
        }
      }
    }
    paths::PanelsDerivative found = paths::panel_paths_vjp(part, prepared, parts.options(), all, d);
    found.scene.receivers = out.scene.receivers;  // cells stay where they are; the scene's own do not count
    for (scene::DeviceDerivative& r : found.scene.receivers) {
      r.position_m = r.orientation_rad = r.velocity_m_per_s = {};
      std::fill(r.element_positions_m.begin(), r.element_positions_m.end(), Vec3d{});
    }
    out += found;
  });
  return out;
}

MetricsDerivative panel_metrics_jvp(const scene::Scene& scene, const paths::PreparedScene& prepared,
                                    const RadioMapOptions& options, const RadioMap& map,
                                    const std::vector<paths::Panel>& panels, const paths::PanelsDerivative& direction) {
  require_plane(map);
  std::vector<double> moved(map.path_gain.size());
  Parts parts(scene, prepared, options, panels, map.cell_centers_m);
  parts.each(nullptr, [&](const scene::Scene& part, const PanelPaths& all, size_t first) {
    paths::PanelsDerivative own = direction;
    own.scene.receivers = scene::SceneDerivative(part).receivers;
    const paths::PathsDerivative d = paths::panel_paths_jvp(part, prepared, parts.options(), all, own);
    const Paths& p = all.paths;
    for (const Link& l : p.links) {
      const auto h = parts.received(p, l), dh = parts.received_moved(p, l, d);
      double& g = moved[place(map, l, first)];
      for (size_t r = 0; r < h.size(); ++r) g += 2 * (h[r].re * dh[r].re + h[r].im * dh[r].im) / kDipoleGain;
      const auto& turned = direction.scene.transmitters[size_t(l.tx)].precoding;
      const auto ports = size_t(p.num_tx_ports(l));
      for (int64_t i = l.path_begin; i < l.path_end; ++i) {
        for (size_t r = 0; r < h.size(); ++r) {
          for (size_t t = 0; t < ports && !turned.empty(); ++t) {
            const Complexd more = turned[t] * Parts::turn(p, i) * p.a[size_t(p.a_begin[size_t(i)]) + r * ports + t];
            g += 2 * (h[r].re * more.re + h[r].im * more.im) / kDipoleGain;
          }
        }
      }
    }
  });
  return metrics_moved(map, std::move(moved), direction.scene.transmitters);
}

}  // namespace raywave::maps

// SPDX-License-Identifier: Apache-2.0
// Derivatives of paths by way of panels' elements: those of their legs, joined.
#include <algorithm>
#include <cmath>

#include "raywave/paths/panel_legs.h"
#include "raywave/paths/panel_waves.h"

namespace raywave::paths {
namespace {

double at(const std::vector<double>& v, size_t i) { return v.empty() ? 0.0 : v[i]; }

PathsDerivative zeros(const Paths& p) {
  PathsDerivative d;
  d.a.resize(p.a.size());
  for (auto* v : {&d.tau_s, &d.theta_t, &d.phi_t, &d.theta_r, &d.phi_r, &d.doppler_hz}) v->resize(p.tau_s.size());
  return d;
}

/// A gradient of a leg's scene, where the panels are devices, as one of the scene.
void add_leg(const scene::SceneDerivative& leg, bool towards, PanelsDerivative& out) {
  scene::SceneDerivative part = leg;
  const auto& poses = towards ? leg.receivers : leg.transmitters;
  for (size_t k = 0; k < poses.size(); ++k) {
    out.panels[k].position_m += poses[k].position_m;
    out.panels[k].orientation_rad += poses[k].orientation_rad;
  }
  scene::SceneDerivative& to = out.scene;
  // the panels' place in the leg's scene is taken by zeros of the devices that stand there
  auto& missing = towards ? part.receivers : part.transmitters;
  missing = towards ? to.receivers : to.transmitters;
  for (scene::DeviceDerivative& d : missing) {
    const size_t elements = d.element_positions_m.size(), ports = d.precoding.size();
    d = {};
    d.element_positions_m.resize(elements);
    d.precoding.resize(ports);
  }
  to += part;
}

/// And a direction of scene and panels as one of a leg's scene.
scene::SceneDerivative leg_direction(const scene::Scene& leg_scene, const PanelsDerivative& direction, bool towards) {
  scene::SceneDerivative out(leg_scene);
  out.frequency_hz = direction.scene.frequency_hz;
  out.materials = direction.scene.materials;
  out.objects = direction.scene.objects;
  (towards ? out.transmitters : out.receivers) = towards ? direction.scene.transmitters : direction.scene.receivers;
  auto& poses = towards ? out.receivers : out.transmitters;
  for (size_t k = 0; k < poses.size(); ++k) {
    poses[k].position_m = direction.panels[k].position_m;
    poses[k].orientation_rad = direction.panels[k].orientation_rad;
  }
  return out;
}

using WaveRows = std::vector<Waves<double>>;

/// Cotangents of a leg's waves become those of its paths; what its faces depend on themselves is added to `out`.
void pull_waves(const Paths& leg, const WaveRows& by_waves, bool towards, const std::vector<Panel>& panels,
                PathsDerivative& by_leg, PanelsDerivative& out) {
  ad::Tape tape;
  for (const Link& l : leg.links) {
    const auto k = size_t(towards ? l.rx : l.tx);
    const auto ports = size_t(towards ? leg.num_tx_ports(l) : leg.num_rx_ports(l));
    for (int64_t path = l.path_begin; path < l.path_end; ++path) {
      const auto p = size_t(path);
      const Waves<double>& by = by_waves[p];
      if (std::all_of(by.begin(), by.end(), [](const Complexd& z) { return z.re == 0 && z.im == 0; })) continue;
      const ad::Recording recording(tape);
      const PanelFace<ad::Var> face(panels[k], leg.frequency_hz, tape);
      const Angles<double> seen_at = seen(leg, path, towards);
      const Angles<ad::Var> angles{tape.input(seen_at.theta), tape.input(seen_at.phi)};
      std::vector<Complex<ad::Var>> a;
      for (const Complexd& z : slants_first(leg, l, leg.a, path, towards))
        a.push_back({tape.input(z.re), tape.input(z.im)});
      const auto waves = face.waves(angles, a);
      for (size_t i = 0; i < waves.size(); ++i) {
        tape.seed(waves[i].re, by[i].re);
        tape.seed(waves[i].im, by[i].im);
      }
      tape.sweep();
      for (size_t s = 0; s < 2; ++s) {
        for (size_t d = 0; d < ports; ++d) {
          Complexd& to = by_leg.a[size_t(leg.a_begin[p]) + place_of(s, d, ports, towards)];
          to += Complexd{tape.adjoint(a[s * ports + d].re), tape.adjoint(a[s * ports + d].im)};
        }
      }
      (towards ? by_leg.theta_r : by_leg.theta_t)[p] += tape.adjoint(angles.theta);
      (towards ? by_leg.phi_r : by_leg.phi_t)[p] += tape.adjoint(angles.phi);
      const Vec3<ad::Var>& turned = face.orientation_rad();
      out.panels[k].orientation_rad += Vec3d{tape.adjoint(turned.x), tape.adjoint(turned.y), tape.adjoint(turned.z)};
      out.scene.frequency_hz += tape.adjoint(face.frequency_hz());
    }
  }
}

/// How a leg's waves move.
WaveRows push_waves(const Paths& leg, const PathsDerivative& moved, bool towards, const std::vector<Panel>& panels,
                    const PanelsDerivative& direction) {
  WaveRows out(size_t(leg.num_paths()));
  for (const Link& l : leg.links) {
    const auto k = size_t(towards ? l.rx : l.tx);
    const PanelFace<ad::Dual> face(panels[k], leg.frequency_hz, direction.panels[k].orientation_rad,
                                   direction.scene.frequency_hz);
    for (int64_t path = l.path_begin; path < l.path_end; ++path) {
      const auto p = size_t(path);
      const Angles<double> seen_at = seen(leg, path, towards);
      const Angles<ad::Dual> angles{{seen_at.theta, (towards ? moved.theta_r : moved.theta_t)[p]},
                                    {seen_at.phi, (towards ? moved.phi_r : moved.phi_t)[p]}};
      const auto values = slants_first(leg, l, leg.a, path, towards),
                 slopes = slants_first(leg, l, moved.a, path, towards);
      std::vector<Complex<ad::Dual>> a;
      for (size_t i = 0; i < values.size(); ++i)
        a.push_back({{values[i].re, slopes[i].re}, {values[i].im, slopes[i].im}});
      for (const Complex<ad::Dual>& w : face.waves(angles, a)) out[p].push_back({w.re.d, w.im.d});
    }
  }
  return out;
}

void check_cotangent(const Paths& paths, const PathsDerivative& c) {
  if (!c.a.empty() && c.a.size() != paths.a.size())
    throw Error(message("the cotangent of a has ", c.a.size(), " numbers, the paths have ", paths.a.size()));
  for (const Complexd& z : c.a) {
    if (!std::isfinite(z.re) || !std::isfinite(z.im))
      throw Error("the cotangent of a holds a number that is not finite");
  }
  for (const auto* v : {&c.tau_s, &c.theta_t, &c.phi_t, &c.theta_r, &c.phi_r, &c.doppler_hz}) {
    if (!v->empty() && v->size() != paths.tau_s.size())
      throw Error(message("a cotangent has ", v->size(), " numbers, the paths are ", paths.num_paths()));
  }
}

}  // namespace

PanelsDerivative panel_paths_vjp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                                 const PanelPaths& all, const PathsDerivative& cotangent,
                                 const TouchedMaterials& touched, std::vector<em::PlaceNumbers<double>>* slopes) {
  const Paths& paths = all.paths;
  check_cotangent(paths, cotangent);
  PanelsDerivative out(scene, all.panels);
  PathsDerivative direct = zeros(all.direct), to = zeros(all.to_panels), from = zeros(all.from_panels);
  direct.frequency_hz = cotangent.frequency_hz;
  const WaveRows in = waves_of(all.to_panels, all.panels, true), on = waves_of(all.from_panels, all.panels, false);
  WaveRows by_in, by_on;
  for (const auto& w : in) by_in.emplace_back(w.size());
  for (const auto& w : on) by_on.emplace_back(w.size());
  for (size_t p = 0; p < all.routes.size(); ++p) {
    const PanelRoute& r = all.routes[p];
    const auto i = size_t(r.to);
    const bool is_direct = r.panel < 0;
    PathsDerivative &begin = is_direct ? direct : to, &end = is_direct ? direct : from;
    const size_t o = is_direct ? i : size_t(r.from);
    begin.theta_t[i] += at(cotangent.theta_t, p), begin.phi_t[i] += at(cotangent.phi_t, p);
    end.theta_r[o] += at(cotangent.theta_r, p), end.phi_r[o] += at(cotangent.phi_r, p);
    begin.tau_s[i] += at(cotangent.tau_s, p), begin.doppler_hz[i] += at(cotangent.doppler_hz, p);
    if (!is_direct) end.tau_s[o] += at(cotangent.tau_s, p), end.doppler_hz[o] += at(cotangent.doppler_hz, p);
    if (cotangent.a.empty()) continue;
    const Complexd* by = &cotangent.a[size_t(paths.a_begin[p])];
    if (is_direct) {
      const auto first = size_t(all.direct.a_begin[i]), size = size_t(all.direct.a_begin[i + 1]) - first;
      for (size_t k = 0; k < size; ++k) direct.a[first + k] += by[k];
      continue;
    }
    const Panel& panel = all.panels[size_t(r.panel)];
    const Complexd load = load_of(panel, r.element);
    const Complexd by_load = pull_joined(on[o], in[i], load, by, by_on[o], by_in[i]);
    const Complexd turn = expj(panel.phase_of(r.element));
    PanelDerivative& own = out.panels[size_t(r.panel)];
    // load = -j amplitude turn; cotangents pair as Re(conj(a) b)
    own.phase_rad[size_t(r.element)] += panel.amplitude_of(r.element) * (by_load.re * turn.re + by_load.im * turn.im);
    own.amplitude[size_t(r.element)] += by_load.re * turn.im - by_load.im * turn.re;
  }
  const auto of_leg = touched_legs(all, touched);
  std::vector<em::PlaceNumbers<double>> sum;
  out.scene += touched_vjp(scene, prepared, options, all.direct, direct, of_leg[0], sum);
  if (slopes) *slopes = sum;
  if (all.panels.empty()) return out;
  pull_waves(all.to_panels, by_in, true, all.panels, to, out);
  pull_waves(all.from_panels, by_on, false, all.panels, from, out);
  for (const bool towards : {true, false}) {
    std::vector<em::PlaceNumbers<double>> more;
    add_leg(touched_vjp(with_panels(scene, all.panels, towards), prepared, options,
                        towards ? all.to_panels : all.from_panels, towards ? to : from, of_leg[towards ? 1 : 2], more),
            towards, out);
    for (size_t i = 0; slopes && i < more.size(); ++i) {
      for (size_t k = 0; k < em::kNumPlaceNumbers; ++k) (*slopes)[i].numbers[k] += more[i].numbers[k];
    }
  }
  return out;
}

PathsDerivative panel_paths_jvp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                                const PanelPaths& all, const PanelsDerivative& direction,
                                const TouchedMaterials& touched, const std::vector<em::PlaceNumbers<double>>& moved) {
  const Paths& paths = all.paths;
  PathsDerivative out = zeros(paths);
  out.frequency_hz = direction.scene.frequency_hz;
  const auto of_leg = touched_legs(all, touched);
  const PathsDerivative direct = touched_jvp(scene, prepared, options, all.direct, direction.scene, of_leg[0], moved);
  PathsDerivative to, from;
  WaveRows in, on, moved_in, moved_on;
  if (!all.panels.empty()) {
    const scene::Scene to_scene = with_panels(scene, all.panels, true),
                       from_scene = with_panels(scene, all.panels, false);
    to = touched_jvp(to_scene, prepared, options, all.to_panels, leg_direction(to_scene, direction, true), of_leg[1],
                     moved);
    from = touched_jvp(from_scene, prepared, options, all.from_panels, leg_direction(from_scene, direction, false),
                       of_leg[2], moved);
    in = waves_of(all.to_panels, all.panels, true), on = waves_of(all.from_panels, all.panels, false);
    moved_in = push_waves(all.to_panels, to, true, all.panels, direction);
    moved_on = push_waves(all.from_panels, from, false, all.panels, direction);
  }
  for (size_t p = 0; p < all.routes.size(); ++p) {
    const PanelRoute& r = all.routes[p];
    const auto i = size_t(r.to);
    const bool is_direct = r.panel < 0;
    const PathsDerivative &begin = is_direct ? direct : to, &end = is_direct ? direct : from;
    const size_t o = is_direct ? i : size_t(r.from);
    out.theta_t[p] = begin.theta_t[i], out.phi_t[p] = begin.phi_t[i];
    out.theta_r[p] = end.theta_r[o], out.phi_r[p] = end.phi_r[o];
    out.tau_s[p] = begin.tau_s[i] + (is_direct ? 0 : end.tau_s[o]);
    out.doppler_hz[p] = begin.doppler_hz[i] + (is_direct ? 0 : end.doppler_hz[o]);
    const auto first = size_t(paths.a_begin[p]);
    if (is_direct) {
      const auto own = size_t(all.direct.a_begin[i]), size = size_t(all.direct.a_begin[i + 1]) - own;
      for (size_t k = 0; k < size; ++k) out.a[first + k] = direct.a[own + k];
      continue;
    }
    const Panel& panel = all.panels[size_t(r.panel)];
    const PanelDerivative& moves = direction.panels[size_t(r.panel)];
    const Complexd load = load_of(panel, r.element), turn = expj(panel.phase_of(r.element));
    const Complexd moved_load = moves.amplitude[size_t(r.element)] * Complexd{turn.im, -turn.re} +
                                moves.phase_rad[size_t(r.element)] * panel.amplitude_of(r.element) * turn;
    const auto by_load = joined(on[o], in[i], moved_load), by_in = joined(on[o], moved_in[i], load),
               by_on = joined(moved_on[o], in[i], load);
    for (size_t k = 0; k < by_load.size(); ++k) out.a[first + k] = by_load[k] + by_in[k] + by_on[k];
  }
  return out;
}

}  // namespace raywave::paths

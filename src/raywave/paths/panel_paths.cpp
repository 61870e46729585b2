// SPDX-License-Identifier: Apache-2.0
// Paths by way of panels' elements, and their derivatives: legs to and from them, joined.
#include "raywave/paths/panels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "raywave/core/constants.h"
#include "raywave/paths/doubts.h"
#include "raywave/paths/exact_ends.h"
#include "raywave/paths/panel_waves.h"

namespace raywave::paths {
namespace {

scene::Device device_of(const Panel& panel) {
  scene::Device d;
  d.name = panel.name;
  d.position_m = panel.position_m;
  d.orientation_rad = panel.orientation_rad;
  d.array.element_positions_m = panel.offsets_m();
  d.array.polarization = "VH";
  d.array.slants_rad = em::slants_from_name("VH");
  return d;
}

/// The scene with panels in the place of all receivers, or of all transmitters.
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

using Ends = std::tuple<int32_t, int32_t, int32_t, int32_t>;
std::map<Ends, const Link*> by_ends(const Paths& paths) {
  std::map<Ends, const Link*> out;
  for (const Link& l : paths.links) out[{l.rx, l.rx_element, l.tx, l.tx_element}] = &l;
  return out;
}

/// Ports y and z of every element: what each path to it brings [2, tx ports], and each path from it takes on
/// [2, rx ports].
template <class T>
using Waves = std::vector<Complex<T>>;

/// Direction of path p as seen from the panel that it ends at or begins with.
Angles<double> seen(const Paths& paths, int64_t p, bool towards) {
  const auto i = size_t(p);
  return towards ? Angles<double>{paths.theta_r[i], paths.phi_r[i]} : Angles<double>{paths.theta_t[i], paths.phi_t[i]};
}

/// Gains of a leg's path with the panel's slant first: [2, ports of the device].
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
size_t place_of(size_t slant, size_t port, size_t ports, bool towards) {
  return towards ? slant * ports + port : 2 * port + slant;
}

/// The waves at all paths of a leg, [num_paths][2 * ports].
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

/// Puts paths behind each other, as the path solver does.
class Joiner {
 public:
  Joiner(PanelPaths& all, const scene::Scene& scene) : all_(all), out_(all.paths) {
    out_ = {};
    const Paths& d = all.direct;
    out_.frequency_hz = d.frequency_hz;
    out_.synthetic_array = d.synthetic_array;
    out_.tx_names = d.tx_names, out_.rx_names = d.rx_names, out_.object_names = d.object_names;
    for (const Panel& p : all.panels) out_.object_names.push_back(p.name);
    out_.tx_positions_m = d.tx_positions_m, out_.rx_positions_m = d.rx_positions_m;
    out_.tx_num_elements = d.tx_num_elements, out_.tx_num_slants = d.tx_num_slants;
    out_.rx_num_elements = d.rx_num_elements, out_.rx_num_slants = d.rx_num_slants;
    num_objects_ = scene.objects.size();
    waves_to_ = waves_of(all.to_panels, all.panels, true);
    waves_from_ = waves_of(all.from_panels, all.panels, false);
    for (const Panel& p : all.panels) {
      const Mat3d turn = rotation_from_euler(p.orientation_rad);
      auto& places = places_m_.emplace_back();
      for (const Vec3d& offset : p.offsets_m()) places.push_back(p.position_m + turn * offset);
    }
  }

  /// Do both ends of a path by way of an element see its front?
  bool is_lit(int64_t to, int64_t from) const {
    const auto any = [](const Waves<double>& waves) {
      return std::any_of(waves.begin(), waves.end(), [](const Complexd& w) { return w.re != 0 || w.im != 0; });
    };
    return any(waves_to_[size_t(to)]) && any(waves_from_[size_t(from)]);
  }

  void append(const Link& link, std::vector<PanelRoute> routes) {
    std::stable_sort(routes.begin(), routes.end(),
                     [&](const PanelRoute& a, const PanelRoute& b) { return delay(a) < delay(b); });
    Link own = link;
    own.path_begin = out_.num_paths();
    for (const PanelRoute& r : routes) {
      if (r.panel < 0) {
        copy(r.to);
      } else {
        join(r);
      }
      all_.routes.push_back(r);
      out_.interaction_begin.push_back(int64_t(out_.interactions.size()));
      out_.a_begin.push_back(int64_t(out_.a.size()));
    }
    own.path_end = out_.num_paths();
    out_.links.push_back(own);
  }

 private:
  double delay(const PanelRoute& r) const {
    return r.panel < 0 ? all_.direct.tau_s[size_t(r.to)]
                       : all_.to_panels.tau_s[size_t(r.to)] + all_.from_panels.tau_s[size_t(r.from)];
  }

  void touches(const Paths& from, size_t p) {
    for (auto i = size_t(from.interaction_begin[p]); i < size_t(from.interaction_begin[p + 1]); ++i) {
      out_.interactions.push_back(from.interactions[i]);
      out_.objects.push_back(from.objects[i]);
      out_.surfaces.push_back(from.surfaces[i]);
      out_.vertices_m.push_back(from.vertices_m[i]);
      out_.edges.push_back(from.edges[i]);
      out_.places.push_back(from.places[i]);
    }
  }

  void copy(int64_t path) {
    const Paths& d = all_.direct;
    const auto p = size_t(path);
    out_.tau_s.push_back(d.tau_s[p]);
    out_.theta_t.push_back(d.theta_t[p]), out_.phi_t.push_back(d.phi_t[p]);
    out_.theta_r.push_back(d.theta_r[p]), out_.phi_r.push_back(d.phi_r[p]);
    out_.doppler_hz.push_back(d.doppler_hz[p]);
    out_.transfer.insert(out_.transfer.end(), d.transfer.begin() + int64_t(4 * p),
                         d.transfer.begin() + int64_t(4 * p + 4));
    touches(d, p);
    out_.a.insert(out_.a.end(), d.a.begin() + d.a_begin[p], d.a.begin() + d.a_begin[p + 1]);
  }

  void join(const PanelRoute& r) {
    const Paths &to = all_.to_panels, &from = all_.from_panels;
    const auto i = size_t(r.to), o = size_t(r.from);
    const Panel& panel = all_.panels[size_t(r.panel)];
    out_.tau_s.push_back(to.tau_s[i] + from.tau_s[o]);
    out_.theta_t.push_back(to.theta_t[i]), out_.phi_t.push_back(to.phi_t[i]);
    out_.theta_r.push_back(from.theta_r[o]), out_.phi_r.push_back(from.phi_r[o]);
    out_.doppler_hz.push_back(to.doppler_hz[i] + from.doppler_hz[o]);
    touches(to, i);
    out_.interactions.push_back(Interaction::kPanel);
    out_.objects.push_back(int32_t(num_objects_) + r.panel);
    out_.surfaces.emplace_back();
    out_.vertices_m.push_back(places_m_[size_t(r.panel)][size_t(r.element)]);
    out_.edges.emplace_back();
    out_.places.emplace_back();
    touches(from, o);
    const Complexd load = load_of(panel, r.element);
    const auto whole = joined(waves_from_[o], waves_to_[i], load);
    out_.a.insert(out_.a.end(), whole.begin(), whole.end());
    const PanelFace<double> face(panel, out_.frequency_hz);
    const auto columns = face.world_waves(seen(to, r.to, true), {to.transfer[4 * i], to.transfer[4 * i + 1],
                                                                 to.transfer[4 * i + 2], to.transfer[4 * i + 3]}),
               rows = face.world_waves(seen(from, r.from, false), {from.transfer[4 * o], from.transfer[4 * o + 2],
                                                                   from.transfer[4 * o + 1], from.transfer[4 * o + 3]});
    const auto transfer = joined(rows, columns, load);
    out_.transfer.insert(out_.transfer.end(), transfer.begin(), transfer.end());
  }

  PanelPaths& all_;
  Paths& out_;
  size_t num_objects_ = 0;
  std::vector<Waves<double>> waves_to_, waves_from_;
  std::vector<std::vector<Vec3d>> places_m_;  // of each panel's elements
};

void require_few(const PanelPaths& all, const std::map<Ends, const Link*>& to,
                 const std::map<Ends, const Link*>& from) {
  double count = 0;
  for (const auto& [in, l] : to) {
    for (const Link& direct : all.direct.links) {
      if (direct.tx != std::get<2>(in) || direct.tx_element != std::get<3>(in)) continue;
      const auto o = from.find({direct.rx, direct.rx_element, std::get<0>(in), std::get<1>(in)});
      if (o != from.end()) {
        count += double(l->path_end - l->path_begin) * double(o->second->path_end - o->second->path_begin);
      }
    }
  }
  if (count > kMostPanelPaths) {
    throw Error(message("by way of the panels' elements there are ", count, " paths, more than ", kMostPanelPaths,
                        ": fewer elements, devices or interactions (max_depth)"));
  }
}

PathOptions without_log(PathOptions options) {
  options.log = nullptr;  // a panel that is in the shadow is no fault of the whole
  options.progress = nullptr;
  return options;
}

}  // namespace

PanelPaths solve_panel_paths(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                             std::vector<Panel> panels, bool direct) {
  for (const Panel& p : panels) p.validate();
  if (options.scatters() && options.synthetic_array && !panels.empty())
    throw Error("panels beside paths that scatter need synthetic_array=false");
  PanelPaths all;
  all.panels = std::move(panels);
  if (direct) {  // what there is to say of a result is said of the whole
    all.direct = solve_paths(scene, prepared, options, ExactEnds{!options.synthetic_array, !options.synthetic_array});
  } else {
    PathOptions none = without_log(options);
    none.max_depth = 0, none.los = false;
    all.direct = solve_paths(scene, prepared, none);
  }
  if (!all.panels.empty()) {
    const bool exact = !options.synthetic_array;
    const PathOptions quiet = without_log(options);
    all.to_panels = solve_paths(with_panels(scene, all.panels, true), prepared, quiet, ExactEnds{exact, true});
    all.from_panels = solve_paths(with_panels(scene, all.panels, false), prepared, quiet, ExactEnds{true, exact});
  }
  const auto to = by_ends(all.to_panels), from = by_ends(all.from_panels);
  require_few(all, to, from);
  Joiner joiner(all, scene);
  for (const Link& link : all.direct.links) {
    std::vector<PanelRoute> routes;
    for (int64_t p = link.path_begin; p < link.path_end; ++p) routes.push_back({-1, -1, p, -1});
    for (int32_t k = 0; k < int32_t(all.panels.size()); ++k) {
      for (int32_t n = 0; n < all.panels[size_t(k)].num_elements(); ++n) {
        const Link &in = *to.at({k, n, link.tx, link.tx_element}), &out = *from.at({link.rx, link.rx_element, k, n});
        for (int64_t i = in.path_begin; i < in.path_end; ++i) {
          for (int64_t o = out.path_begin; o < out.path_end; ++o) {
            if (joiner.is_lit(i, o)) routes.push_back({k, n, i, o});
          }
        }
      }
    }
    joiner.append(link, std::move(routes));
  }
  if (direct) {
    const PreparedScene solved = prepared_for(prepared, scene, options);
    warn_of_doubts(scene, solved.centred(scene), solved, all.paths, options.log);
  }
  return all;
}

// --- derivatives ---

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
                                 const PanelPaths& all, const PathsDerivative& cotangent) {
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
  out.scene += paths_vjp(scene, prepared, options, all.direct, direct);
  if (all.panels.empty()) return out;
  pull_waves(all.to_panels, by_in, true, all.panels, to, out);
  pull_waves(all.from_panels, by_on, false, all.panels, from, out);
  add_leg(paths_vjp(with_panels(scene, all.panels, true), prepared, options, all.to_panels, to), true, out);
  add_leg(paths_vjp(with_panels(scene, all.panels, false), prepared, options, all.from_panels, from), false, out);
  return out;
}

PathsDerivative panel_paths_jvp(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
                                const PanelPaths& all, const PanelsDerivative& direction) {
  const Paths& paths = all.paths;
  PathsDerivative out = zeros(paths);
  out.frequency_hz = direction.scene.frequency_hz;
  const PathsDerivative direct = paths_jvp(scene, prepared, options, all.direct, direction.scene);
  PathsDerivative to, from;
  WaveRows in, on, moved_in, moved_on;
  if (!all.panels.empty()) {
    const scene::Scene to_scene = with_panels(scene, all.panels, true),
                       from_scene = with_panels(scene, all.panels, false);
    to = paths_jvp(to_scene, prepared, options, all.to_panels, leg_direction(to_scene, direction, true));
    from = paths_jvp(from_scene, prepared, options, all.from_panels, leg_direction(from_scene, direction, false));
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

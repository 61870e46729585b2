// SPDX-License-Identifier: Apache-2.0
// Paths by way of panels' elements: legs to and from them, joined.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "raywave/core/constants.h"
#include "raywave/paths/doubts.h"
#include "raywave/paths/exact_ends.h"
#include "raywave/paths/panel_legs.h"
#include "raywave/paths/panel_waves.h"

namespace raywave::paths {
namespace {

using Ends = std::tuple<int32_t, int32_t, int32_t, int32_t>;
std::map<Ends, const Link*> by_ends(const Paths& paths) {
  std::map<Ends, const Link*> out;
  for (const Link& l : paths.links) out[{l.rx, l.rx_element, l.tx, l.tx_element}] = &l;
  return out;
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
    PathOptions quiet = without_log(options);
    quiet.los = true;  // los is said of the devices: a straight way to an element is no line of sight between them
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

std::vector<TouchedPlace> touched_places(const scene::Scene& scene, const PreparedScene& prepared,
                                         const PathOptions& options, const PanelPaths& all) {
  std::vector<TouchedPlace> out = touched_places(scene, prepared, options, all.direct);
  if (all.panels.empty()) return out;
  auto first = 2 * int64_t(all.direct.interactions.size());
  for (const bool towards : {true, false}) {
    const Paths& leg = towards ? all.to_panels : all.from_panels;
    for (TouchedPlace place : touched_places(with_panels(scene, all.panels, towards), prepared, options, leg)) {
      place.touch += first;
      out.push_back(place);
    }
    first += 2 * int64_t(leg.interactions.size());
  }
  return out;
}

void revalue(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
             const TouchedMaterials& touched, PanelPaths& all) {
  const auto of_leg = touched_legs(all, touched);
  const PathOptions quiet = without_log(options);
  revalue(scene, prepared, options, of_leg[0], all.direct);
  if (!all.panels.empty()) {
    revalue(with_panels(scene, all.panels, true), prepared, quiet, of_leg[1], all.to_panels);
    revalue(with_panels(scene, all.panels, false), prepared, quiet, of_leg[2], all.from_panels);
  }
  const std::vector<PanelRoute> routes = std::move(all.routes);
  const std::vector<Link> links = std::move(all.paths.links);
  all.routes.clear();
  Joiner joiner(all, scene);
  for (const Link& l : links) joiner.append(l, {routes.begin() + l.path_begin, routes.begin() + l.path_end});
}

}  // namespace raywave::paths

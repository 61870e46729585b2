// SPDX-License-Identifier: Apache-2.0
// Results as Python holds them: with the scene and the options that they came from, for pictures and derivatives.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <memory>
#include <optional>

#include "raywave/maps/panel_map.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/panels.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/paths_derivative.h"
#include "raywave/paths/touched_materials.h"
#include "raywave/paths/varying_materials.h"
#include "scene.h"
#include "scene_state.h"

namespace raywave::paths {

template <class Archive>
void fields(Archive& a, Panel& p) {
  auto& [name, position, orientation, rows, cols, vertical, horizontal, phase, amplitude] = p;
  a(name, position, orientation, rows, cols, vertical, horizontal, phase, amplitude);
}
template <class Archive>
void fields(Archive& a, PanelRoute& r) {
  auto& [panel, element, to, from] = r;
  a(panel, element, to, from);
}
template <class Archive>
void fields(Archive& a, PanelPaths& p) {
  auto& [panels, paths, direct, to, from, routes] = p;
  a(panels, paths, direct, to, from, routes);
}

}  // namespace raywave::paths

namespace raywave::python {

struct PyPaths {
  paths::Paths paths;
  PyScene::Snapshot solved;  // as it was solved
  paths::PathOptions options;
  nanobind::object padded;          // the dict of dense arrays, made at the first use
  paths::TouchedMaterials touched;  // of materials that vary
  /// Where these came from, in Python: `names`, parameters of theirs; pull(names, slopes) gives {name: gradient} of
  /// gradients by the rows, push({name: change}) how the rows move, [num_rows, numbers]. Not pickled.
  nanobind::object fields;
  std::shared_ptr<const paths::PanelPaths> panels;  // where there are; its own `paths` stand above
};

/// pickle for a result that keeps its scene; members: all but the scene that its bytes hold.
template <class Holder, class... Member>
void bind_pickle(nanobind::class_<Holder>& c, Member Holder::*... members) {
  c.def("__getstate__", [=](const Holder& h) { return state_bytes(*h.solved.scene, h.solved.place, h.*members...); });
  c.def("__setstate__", [=](Holder& h, const nanobind::bytes& bytes) {
    auto made = std::make_unique<Holder>();
    made->solved.scene = std::make_shared<scene::Scene>();
    read_state(bytes, *made->solved.scene, made->solved.place, (*made).*members...);
    new (&h) Holder(std::move(*made));
  });
}

/// crs and origin_m of a result that keeps its scene.
template <class Holder>
void bind_place(nanobind::class_<Holder>& c) {
  c.def_prop_ro(
      "crs", [](const Holder& h) { return crs_of(h.solved.place); }, "Of the scene; None: it lies nowhere.");
  c.def_prop_ro(
      "origin_m", [](const Holder& h) { return origin_of(h.solved.place); }, "Of the scene, in crs.");
}

/// Places that are touched, as Python asks materials of them: touch, object, material [n], point_m, normal [n, 3],
/// cos_incidence [n].
nanobind::dict touched_dict(const std::vector<paths::TouchedPlace>& places);
/// Materials that vary as rays ask for them: `fields` of Python has `indices`, which materials of the scene vary, and
/// answer(touched_dict) -> [n, numbers]. Nothing for None.
std::optional<paths::VaryingMaterials> varying_from(const scene::Scene& scene, const nanobind::object& fields);
/// Numbers [n, numbers] at the places `touch` [n], their slopes by the place [n, numbers, 3] or None.
paths::TouchedMaterials touched_from(size_t num_interactions, const nanobind::object& touch,
                                     const nanobind::object& numbers, const nanobind::object& slopes);

/// Carries cotangents of paths on to the scene: {name: gradient} for the names in `wrt`. `back` runs without the GIL.
nanobind::dict path_gradient(const PyPaths& p, const nanobind::object& wrt,
                             const std::function<paths::PathsDerivative()>& back);
/// How the paths move when the parameters named in `tangent` do.
paths::PathsDerivative moved_paths(const PyPaths& p, const nanobind::dict& tangent);

struct PyRadioMap {
  maps::RadioMap map;
  PyScene::Snapshot solved;
  maps::Surface surface;  // as it was asked for
  maps::RadioMapOptions options;
  std::vector<paths::Panel> panels;
  nanobind::object fields;  // of materials that vary, see PyPaths
};

}  // namespace raywave::python

// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/touched_materials.h"

#include <algorithm>
#include <cmath>

#include "raywave/core/error.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/path_kernel.h"
#include "raywave/runtime/parallel.h"
#include "raywave/runtime/threads.h"

namespace raywave::paths {

void add_touched_places(const PreparedScene& prepared, const Vec3d& source_m, const std::vector<Step>& steps,
                        int64_t first, std::vector<TouchedPlace>& places) {
  const auto& facets = prepared.facets().facets;
  Vec3d from = source_m;
  for (const Step& step : steps) {
    std::array<int32_t, 2> faces{step.surface.index, -1};
    if (step.surface.is_wedge()) {
      const Wedge& w = prepared.wedges()[size_t(step.surface.index)];
      faces = {w.facet0, w.facet_n};
    }
    const Vec3d along = step.point_m - from;
    const double length = norm(along);
    for (int64_t face = 0; face < 2; ++face) {
      if (faces[size_t(face)] < 0) continue;
      const scene::Facet& f = facets[size_t(faces[size_t(face)])];
      const double cosine = length > 0 ? std::abs(dot(f.normal, along)) / length : 1.0;
      places.push_back({2 * first + face, f.object, f.material, step.point_m + prepared.origin_m(), f.normal, cosine});
    }
    from = step.point_m;
    ++first;
  }
}

std::vector<TouchedPlace> touched_places(const scene::Scene& scene, const PreparedScene& geometry,
                                         const PathOptions& options, const Paths& paths) {
  const PreparedScene prepared = prepared_for(geometry, scene, options);
  const Vec3d origin = prepared.origin_m();
  std::vector<TouchedPlace> places;
  std::vector<Step> steps;
  for (const Link& link : paths.links) {
    const Vec3d source =
        end_point(scene.transmitters[size_t(link.tx)], scene.wavelength_m(), link.tx_element).position_m - origin;
    for (int64_t p = link.path_begin; p < link.path_end; ++p) {
      const int64_t first = paths.interaction_begin[size_t(p)];
      steps.clear();
      for (int64_t i = first; i < paths.interaction_begin[size_t(p) + 1]; ++i)
        steps.push_back(
            {paths.interactions[size_t(i)], paths.surfaces[size_t(i)], paths.vertices_m[size_t(i)] - origin, {}, {}});
      add_touched_places(prepared, source, steps, first, places);
    }
  }
  return places;
}

void TouchedMaterials::check(size_t num_interactions) const {
  if (row.empty()) return;
  if (row.size() != 2 * num_interactions)
    throw Error(message("materials at touched places are of ", row.size() / 2, " interactions, the paths have ",
                        num_interactions));
  if (!slopes.empty() && slopes.size() != numbers.size())
    throw Error(message("slopes of touched materials: ", slopes.size(), " rows, the numbers have ", numbers.size()));
  std::vector<uint8_t> used(numbers.size(), 0);
  for (const int32_t r : row) {
    if (r < 0) continue;
    if (size_t(r) >= numbers.size() || used[size_t(r)])
      throw Error(message("row ", r, " of touched materials is ",
                          size_t(r) >= numbers.size() ? "not there" : "used by two places"));
    used[size_t(r)] = 1;
  }
  for (const auto& n : numbers) {
    for (size_t k = 0; k < n.numbers.size(); ++k) {
      const em::MaterialNumberInfo& info = em::PlaceNumbers<double>::info(k);
      const double x = n.numbers[k];
      if (!(x >= info.lower && x <= info.upper && std::isfinite(x)) || (info.zero_is_refused && x == 0))
        throw Error(message("a varying material's ", info.name, " must be ", info.zero_is_refused ? "> " : ">= ",
                            info.lower, info.upper < em::kNoBound ? message(" and <= ", info.upper) : "", ", got ", x));
    }
  }
}

TouchedMaterials touched_materials(size_t num_interactions, const std::vector<TouchedPlace>& places,
                                   const std::function<em::PlaceNumbers<double>(const TouchedPlace&)>& material) {
  TouchedMaterials out;
  out.row.assign(2 * num_interactions, -1);
  for (const TouchedPlace& place : places) {
    out.row[size_t(place.touch)] = int32_t(out.numbers.size());
    out.numbers.push_back(material(place));
  }
  return out;
}

static void values_of(const scene::Scene& scene, const PreparedScene& geometry, const PathOptions& options,
                      const TouchedMaterials& touched, Paths& paths) {
  const PreparedScene prepared = prepared_for(geometry, scene, options);
  const scene::Scene centred = prepared.centred(scene);
  const FieldContext context = field_context(scene, options.refraction, options.log, options.lobe);
  SceneOver<double> numbers(centred, prepared, context);
  numbers.set_touched(touched);
  runtime::parallel_for(int64_t(paths.links.size()), options.num_threads, [&](int64_t l) {
    const Link& link = paths.links[size_t(l)];
    const EndPoint<double> source = numbers.transmitter(link.tx, link.tx_element),
                           target = numbers.receiver(link.rx, link.rx_element);
    PathKernel<double> kernel(numbers);
    PathValues<double> out;
    std::vector<Step> steps;
    for (auto p = size_t(link.path_begin); p < size_t(link.path_end); ++p) {
      steps.clear();
      for (auto i = size_t(paths.interaction_begin[p]); i < size_t(paths.interaction_begin[p + 1]); ++i)
        steps.push_back({paths.interactions[i], paths.surfaces[i], paths.vertices_m[i] - prepared.origin_m(),
                         paths.edges[i], paths.places[i]});
      kernel.begin_at(paths.interaction_begin[p]);
      (void)kernel.values(source, target, steps, out);
      std::copy(out.transfer.begin(), out.transfer.end(), paths.transfer.begin() + long(4 * p));
      if (int64_t(out.a.size()) != paths.a_begin[p + 1] - paths.a_begin[p])
        throw Error("the paths belong to a scene with other antennas");
      std::copy(out.a.begin(), out.a.end(), paths.a.begin() + paths.a_begin[p]);
    }
  });
}

void revalue(const scene::Scene& scene, const PreparedScene& prepared, const PathOptions& options,
             const TouchedMaterials& touched, Paths& paths) {
  scene.validate();
  if (paths.tx_names.size() != scene.transmitters.size() || paths.rx_names.size() != scene.receivers.size())
    throw Error("the paths belong to a scene with other devices");
  touched.check(paths.interactions.size());
  (void)runtime::on_threads(options.num_threads, [&] {
    values_of(scene, prepared, options, touched, paths);
    return true;
  });
}

}  // namespace raywave::paths

// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/prepared_scene.h"

#include <array>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "raywave/paths/corners.h"
#include "raywave/paths/device_tracer.h"
#include "raywave/paths/ray_queries.h"
#include "raywave/scene/facet_noise.h"

namespace raywave::paths {
namespace {

Vec3d middle(const scene::Scene& scene) {
  if (scene.num_triangles() == 0) return {0, 0, 0};
  Vec3d lo, hi;
  scene.bounding_box(lo, hi);
  return lo + 0.5 * (hi - lo);
}

}  // namespace

/// What follows from a seam tolerance, found when first asked for.
struct PreparedScene::Seams {
  double tolerance_m = 0;
  std::once_flag once;
  std::vector<Wedge> wedges;
  /// Where there are cracks to close: the larger facets, and their queries.
  std::unique_ptr<scene::FacetTable> facets;
  std::unique_ptr<RayQueries> queries;
  std::shared_ptr<const DeviceTracer> on_device;
};

struct PreparedScene::Geometry {
  Geometry(const scene::Scene& scene, const TracerFactory& tracer_of_facets)
      : tracer(tracer_of_facets), facets(scene::build_facets(scene, middle(scene))), queries(facets, tracer) {
    for (const auto& o : scene.objects) object_names.push_back(o.name);
    normals.reserve(facets.facets.size());
    for (const auto& f : facets.facets) {
      normals.push_back({float(f.normal.x), float(f.normal.y), float(f.normal.z)});
      offsets.push_back(float(f.offset));
    }
  }

  std::shared_ptr<Seams> seams_of(double tolerance_m) {
    const std::lock_guard lock(mutex);
    for (const auto& s : known) {
      if (s->tolerance_m == tolerance_m) return s;
    }
    constexpr size_t kMostKnown = 4;  // of a sweep over frequencies, the last ones
    if (known.size() == kMostKnown) known.erase(known.begin());
    known.push_back(std::make_shared<Seams>());
    known.back()->tolerance_m = tolerance_m;
    return known.back();
  }

  void find(Seams& seams) const {
    std::call_once(seams.once, [&] {
      Edges edges = find_edges(object_names, facets, seams.tolerance_m);
      if (!edges.strips.empty()) {
        seams.facets = std::make_unique<scene::FacetTable>(scene::with_strips(facets, edges.strips));
        seams.queries = std::make_unique<RayQueries>(*seams.facets, tracer);
      }
      find_corners(edges.wedges, seams.facets ? *seams.facets : facets, seams.queries ? *seams.queries : queries,
                   seams.tolerance_m);
      seams.wedges = std::move(edges.wedges);
    });
  }

  /// The tracer there, made when first asked for; the last one is kept.
  std::shared_ptr<const DeviceTracer> tracer_on(runtime::Device device, Seams* seams) {
    const std::lock_guard lock(mutex);
    std::shared_ptr<const DeviceTracer>& kept = seams && seams->facets ? seams->on_device : on_device;
    if (!kept || kept->device() != device)
      kept = std::make_shared<DeviceTracer>(device, seams && seams->facets ? *seams->facets : facets);
    return kept;
  }

  std::shared_ptr<const scene::FacetNoise> noise_of(int32_t object) {
    {
      const std::lock_guard lock(mutex);
      if (const auto at = noise.find(object); at != noise.end()) return at->second;
    }
    auto found = std::make_shared<const scene::FacetNoise>(facets, object);
    const std::lock_guard lock(mutex);
    return noise.try_emplace(object, std::move(found)).first->second;
  }

  TracerFactory tracer;
  scene::FacetTable facets;
  RayQueries queries;
  std::vector<Vec3f> normals;
  std::vector<float> offsets;
  std::vector<std::string> object_names;
  std::mutex mutex;
  std::vector<std::shared_ptr<Seams>> known;
  std::map<int32_t, std::shared_ptr<const scene::FacetNoise>> noise;  // by object
  std::shared_ptr<const DeviceTracer> on_device;
};

PreparedScene::PreparedScene(const scene::Scene& scene, const TracerFactory& tracer)
    : PreparedScene(std::make_shared<Geometry>(scene, tracer),
                    scene.frequency_hz > 0 ? kSeamOfWavelength * scene.wavelength_m() : 0, false) {}
PreparedScene::PreparedScene(std::shared_ptr<Geometry> geometry, double seam_tolerance_m, bool closed)
    : geometry_(std::move(geometry)), seams_(geometry_->seams_of(seam_tolerance_m)), closed_(closed) {
  if (closed_) geometry_->find(*seams_);
}
PreparedScene::~PreparedScene() = default;
PreparedScene::PreparedScene(PreparedScene&&) noexcept = default;

PreparedScene PreparedScene::with_seams(std::optional<double> seam_tolerance_m, double wavelength_m,
                                        bool closed) const {
  return {geometry_, seam_tolerance_m ? *seam_tolerance_m : kSeamOfWavelength * wavelength_m, closed};
}
PreparedScene PreparedScene::with_mirrors(double least_m2) const {
  const scene::FacetTable& table = facets();
  std::vector<double> area_m2(table.facets.size(), 0.0);  // by mirror
  for (const scene::Triangle& t : table.triangles)
    area_m2[size_t(table.facets[size_t(t.facet)].mirror)] += 0.5 * norm(cross(t.b - t.a, t.c - t.a));
  auto mirrors = std::make_shared<std::vector<uint8_t>>();
  PreparedScene out(geometry_, seam_tolerance_m(), closed_);
  out.has_mirrors_ = false;
  for (const scene::Facet& f : table.facets) {
    const bool large = area_m2[size_t(f.mirror)] >= least_m2;
    mirrors->push_back(large ? 1 : 0);
    out.has_mirrors_ |= large;
  }
  out.mirrors_ = std::move(mirrors);
  return out;
}
void PreparedScene::warn(const LogSink& log) const {
  if (!log) return;
  std::set<std::array<int32_t, 2>> said;  // object pairs
  for (const auto& [f, g] : facets().disputed) {
    const scene::Facet& owner = facets().facets[size_t(f)];
    const int32_t first = owner.object, second = facets().facets[size_t(g)].object;
    if (!said.insert({first, second}).second) continue;
    const Vec3d p = facets().triangles[owner.triangle_begin].a + origin_m();
    log(message("objects '", geometry_->object_names[size_t(first)], "' and '", geometry_->object_names[size_t(second)],
                "' of different materials cover the same places of one plane (that of the point ", p.x, ", ", p.y, ", ",
                p.z, " m): there '", geometry_->object_names[size_t(first)],
                "' counts, which comes first in the scene"));
  }
}

PreparedScene PreparedScene::with_device(runtime::Device device) const {
  PreparedScene out(geometry_, seam_tolerance_m(), closed_);
  out.mirrors_ = mirrors_, out.has_mirrors_ = has_mirrors_;
  if (device != runtime::Device::kCpu) out.device_ = geometry_->tracer_on(device, closed_ ? seams_.get() : nullptr);
  return out;
}

const RayTracer& PreparedScene::tracer() const {
  if (device_) return *device_;
  return queries().tracer();
}

scene::Scene PreparedScene::centred(const scene::Scene& scene) const {
  scene::Scene s = scene;
  for (scene::Object& o : s.objects) {
    for (Vec3d& v : o.mesh.vertices_m) v -= origin_m();
  }
  for (auto* devices : {&s.transmitters, &s.receivers}) {
    for (scene::Device& d : *devices) d.position_m -= origin_m();
  }
  return s;
}

const scene::FacetTable& PreparedScene::facets() const {
  return closed_ && seams_->facets ? *seams_->facets : geometry_->facets;
}
const RayQueries& PreparedScene::queries() const {
  return closed_ && seams_->queries ? *seams_->queries : geometry_->queries;
}
const std::vector<Vec3f>& PreparedScene::normals() const { return geometry_->normals; }
const std::vector<float>& PreparedScene::offsets() const { return geometry_->offsets; }
std::shared_ptr<const scene::FacetNoise> PreparedScene::facet_noise(int32_t object) const {
  return geometry_->noise_of(object);
}
double PreparedScene::seam_tolerance_m() const { return seams_->tolerance_m; }
const std::vector<Wedge>& PreparedScene::wedges() const {
  geometry_->find(*seams_);
  return seams_->wedges;
}

}  // namespace raywave::paths

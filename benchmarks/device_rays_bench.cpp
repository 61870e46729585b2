// SPDX-License-Identifier: Apache-2.0
// Rays on a device: a Monte Carlo map of a scene, the same where all walls scatter, the bare trace of the same rays,
// paths of shot rays, and an exact map over edges with its gradient beside the CPU's; seconds, median and spread, as
// one line of JSON. Usage: device_rays_bench SCENE.xml [cuda | emulated] [--quick]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "raywave/io/scene_files.h"
#include "raywave/maps/map_derivative.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/ray_queue.h"
#include "raywave/paths/rays_ahead.h"
#include "raywave/paths/shoot.h"

namespace {

using namespace raywave;

std::string figures(const char* name, int repetitions, const std::function<void()>& body) {
  std::vector<double> t;
  for (int r = 0; r <= repetitions; ++r) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (r > 0) t.push_back(took.count());  // the first call warms up
  }
  std::sort(t.begin(), t.end());
  char text[200];
  std::snprintf(text, sizeof text, "\"%s_s\": {\"median\": %.4g, \"least\": %.4g, \"most\": %.4g}", name,
                t[t.size() / 2], t.front(), t.back());
  return text;
}

struct Bench {
  scene::Scene scene;
  runtime::Device device;
  int repetitions;

  maps::RadioMapOptions options(int64_t num_rays, int depth) const {
    maps::RadioMapOptions o;
    o.method = maps::Method::kMonteCarlo;
    o.samples_per_tx = num_rays, o.max_depth = depth, o.device = device;
    return o;
  }

  /// The rays of a map and nothing else; a download waits for them.
  std::string bare(const paths::PreparedScene& geometry, int64_t num_rays, int depth) const {
    const auto o = options(num_rays, depth);
    const paths::PreparedScene prepared = paths::prepared_for(geometry, scene, o);
    const scene::Device& tx = scene.transmitters.front();
    const paths::TileShooter shooter(prepared, paths::shoot_options(o, tx.position_m - prepared.origin_m(), tx.name));
    const paths::FacetsOnDevice& there = *shooter.on_device();
    paths::DeviceTracer::Lease queue(there.device());
    constexpr int64_t kTiles = 1 << 15;
    const int64_t most = std::min(kTiles, shooter.num_tiles()) * paths::Shot::kTileRays;
    runtime::DeviceArray<paths::RayHit> hits(*queue, size_t(most) * size_t(depth + 1));
    return figures("bare_trace", repetitions, [&] {
      for (int64_t first = 0; first < shooter.num_tiles(); first += kTiles) {
        const int64_t rays = std::min(kTiles, shooter.num_tiles() - first) * paths::Shot::kTileRays;
        paths::launch(*queue, paths::FollowKernel{there.view(shooter.shot(), first), rays, hits.data()}, rays, 0);
      }
      paths::RayHit last;
      (*queue).download(&last, hits.data(), sizeof last);
    });
  }

  /// A Monte Carlo map. @param rough  do walls scatter (S = 0.4, by Lambert's law)?
  std::string row(int64_t num_rays, int depth, bool rough) const {
    scene::Scene walls = scene;
    for (em::Material& m : walls.materials) m.scattering_coefficient = rough ? 0.4 : 0;
    const paths::PreparedScene geometry(walls);
    maps::RadioMapOptions o = options(num_rays, depth);
    o.diffuse_reflection = rough;
    maps::Surface surface;
    surface.cell_size_m = {5, 5};
    double covered = 0;
    const std::string map = figures("map", repetitions, [&] {
      const maps::RadioMap m = maps::solve_radio_map(walls, geometry, surface, o);
      covered = double(std::count_if(m.path_gain.begin(), m.path_gain.end(), [](double g) { return g > 0; }));
    });
    char head[120];
    std::snprintf(head, sizeof head,
                  "{\"rays\": %lld, \"max_depth\": %d, \"scattering\": %s, \"covered_cells\": %.0f, ",
                  static_cast<long long>(num_rays), depth, rough ? "true" : "false", covered);
    return head + bare(geometry, num_rays, depth) + ", " + map + "}";
  }

  std::string path_row(int64_t num_rays) const {
    const paths::PreparedScene geometry(scene);
    paths::PathOptions o;
    o.samples_per_tx = num_rays, o.device = device;
    int64_t found = 0;
    const std::string solved =
        figures("paths", repetitions, [&] { found = paths::solve_paths(scene, geometry, o).num_paths(); });
    return message("{\"rays\": ", num_rays, ", \"max_depth\": ", o.max_depth, ", \"num_paths\": ", found, ", ", solved,
                   "}");
  }

  /// An exact map whose fields are evaluated on `where`, and its gradient.
  std::string exact_row(runtime::Device where, double cell_size_m) const {
    const paths::PreparedScene geometry(scene);
    maps::Surface surface;
    surface.cell_size_m = {cell_size_m, cell_size_m};
    maps::RadioMapOptions o;
    o.max_depth = 2, o.diffraction = true, o.samples_per_tx = 1000000, o.keep_arrivals = true, o.device = where;
    maps::RadioMap map;
    const int few = std::min(repetitions, 2);
    const std::string solved = figures("map", few, [&] { map = maps::solve_radio_map(scene, geometry, surface, o); });
    const std::vector<double> ones(map.path_gain.size(), 1);
    const std::string gradient = figures("gradient", few, [&] { (void)maps::map_vjp(scene, geometry, o, map, ones); });
    return message("{\"device\": \"", runtime::device_name(where), "\", \"arrivals\": ", map.num_arrivals, ", ", solved,
                   ", ", gradient, "}");
  }
};

void run(const char* file, runtime::Device device, bool quick) {
  Bench bench{io::load_scene(file), device, quick ? 1 : 5};
  bench.scene.frequency_hz = 3.5e9;
  Vec3d lo, hi;
  bench.scene.bounding_box(lo, hi);
  const auto array = em::planar_array({});
  bench.scene.add_transmitter({"tx", {0.5 * (lo.x + hi.x), 0.5 * (lo.y + hi.y), hi.z + 5}, {}, {}, array});
  bench.scene.add_receiver({"rx", {0.5 * (lo.x + hi.x) + 12, 0.5 * (lo.y + hi.y) - 9, 1.5}, {}, {}, array});
  const std::vector<int64_t> sizes =
      quick ? std::vector<int64_t>{100000} : std::vector<int64_t>{10000000, 100000000, 1000000000};
  std::string rows;
  for (const int64_t n : sizes) rows += (rows.empty() ? "" : ", ") + bench.row(n, quick ? 2 : 5, false);
  rows += ", " + bench.row(quick ? 100000 : 100000000, quick ? 2 : 5, true);
  const double cell = quick ? 40 : 10;
  std::printf(
      "{\"device\": \"%s\", \"words\": \"%s\", \"triangles\": %lld, \"maps\": [%s], \"paths\": [%s], \"exact\": [%s, "
      "%s]}\n",
      runtime::device_name(device), paths::ray_cuda_state().words.c_str(),
      static_cast<long long>(bench.scene.num_triangles()), rows.c_str(),
      bench.path_row(quick ? 20000 : 10000000).c_str(), bench.exact_row(runtime::Device::kCpu, cell).c_str(),
      bench.exact_row(device, cell).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  bool quick = false;
  auto device = runtime::Device::kCuda;
  try {
    if (argc < 2) throw Error("usage: device_rays_bench SCENE.xml [cuda | emulated] [--quick]");
    for (int i = 2; i < argc; ++i) {
      if (std::strcmp(argv[i], "--quick") == 0)
        quick = true;
      else
        device = runtime::device_from_name(argv[i]);
    }
    run(argv[1], device, quick);
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "device_rays_bench: %s\n", e.what()), 3;
  }
}

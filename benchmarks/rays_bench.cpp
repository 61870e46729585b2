// SPDX-License-Identifier: Apache-2.0
// Times the ray solvers inside one process, scene loaded, and prints JSON: {"item": {"seconds": [...], facts}}.
// Usage: rays_bench ITEM SCENE.xml [RUNS]; one item a process, so that its peak memory is the item's own.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>

#include "raywave/io/scene_files.h"
#include "raywave/maps/arrival_map.h"
#include "raywave/maps/map_derivative.h"
#include "raywave/maps/radio_map.h"
#include "raywave/paths/find.h"
#include "raywave/paths/path_solver.h"
#include "raywave/paths/paths_derivative.h"
#include "raywave/runs/results.h"
#include "raywave/runtime/parallel.h"
#include "raywave/scene/shapes.h"

namespace {

using namespace raywave;
using nlohmann::json;

const Vec3d kTx{8.5, 21, 27};   // munich, above the roofs
const Vec3d kCityTx{0, 0, 60};  // san_francisco, the same

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Seconds by the clock. @param cpu  where given: of processors, beside them
json time_runs(int runs, const std::function<void()>& body, json* cpu = nullptr) {
  json seconds = json::array();
  for (int i = 0; i < runs; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const double busy = processor_seconds();
    body();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (cpu) cpu->push_back(processor_seconds() - busy);
  }
  return seconds;
}

json bench_load(const std::string& file, int runs) {
  size_t triangles = 0;
  json seconds = time_runs(runs, [&] { triangles = io::load_scene(file).num_triangles(); });
  return {{"seconds", seconds}, {"triangles", triangles}};
}

json bench_paths(scene::Scene s, const paths::PathOptions& options, int runs) {
  const paths::PreparedScene prepared(s);
  int64_t found = 0;
  json seconds = time_runs(runs, [&] { found = solve_paths(s, prepared, options).num_paths(); });
  return {{"seconds", seconds}, {"paths", found}};
}

json bench_link(scene::Scene s, int runs) {
  s.add_transmitter({"tx", kTx});
  s.add_receiver({"rx", {45, 90, 1.5}});
  paths::PathOptions o;
  o.max_depth = 5;
  return bench_paths(std::move(s), o, runs);
}

json bench_hundred(scene::Scene s, int runs) {
  s.add_transmitter({"tx", kTx});
  for (int i = 0; i < 100; ++i)
    s.add_receiver({"rx" + std::to_string(i), {-49.7 + 10 * (i % 10), -49.3 + 20 * (i / 10), 1.5}});
  paths::PathOptions o;
  o.max_depth = 3;
  return bench_paths(std::move(s), o, runs);
}

paths::PathOptions edge_options() {
  paths::PathOptions o;
  o.max_depth = 3;
  o.diffraction = true;
  return o;
}

json bench_edges(scene::Scene s, int max_diffractions, int runs) {
  s.add_transmitter({"tx", kTx});
  s.add_receiver({"rx", {45, 90, 1.5}});
  const paths::PreparedScene prepared(s);
  (void)prepared.wedges();  // part of preparing
  paths::PathOptions o = edge_options();
  o.max_diffractions = max_diffractions;
  int64_t found = 0;
  json cpu = json::array();
  json seconds = time_runs(
      runs, [&] { found = solve_paths(s, prepared, o).num_paths(); }, &cpu);
  return {{"seconds", seconds}, {"cpu_seconds", cpu}, {"paths", found}};
}

/// The gradient of sum |a|^2 over a link's paths; the value alone beside it.
json bench_paths_gradient(scene::Scene s, int runs) {
  s.add_transmitter({"tx", kTx});
  s.add_receiver({"rx", {45, 90, 1.5}});
  const paths::PreparedScene prepared(s);
  paths::Paths found = solve_paths(s, prepared, edge_options());
  json value = time_runs(runs, [&] { found = solve_paths(s, prepared, edge_options()); });
  json seconds = time_runs(runs, [&] {
    found = solve_paths(s, prepared, edge_options());
    paths::PathsDerivative cotangent;
    for (const Complexd& a : found.a) cotangent.a.push_back(2.0 * a);
    (void)paths_vjp(s, prepared, edge_options(), found, cotangent);
  });
  return {{"seconds", seconds}, {"value", value}, {"paths", found.num_paths()}};
}

/// Scattering by Lambert's law, S = 0.4 on all materials. @param metal  all of them metal
json bench_diffuse_map(scene::Scene s, bool metal, const char* save, int runs) {
  for (em::Material& m : s.materials) {
    if (metal) {
      em::Material all = em::itu_material("metal", 0.1);
      all.name = m.name;
      m = all;
    }
    m.scattering_coefficient = 0.4;
    m.scattering_pattern = "lambertian";
  }
  s.add_transmitter({"tx", kTx});
  const paths::PreparedScene prepared(s);
  maps::Surface surface;
  surface.cell_size_m = {5, 5};
  maps::RadioMapOptions o;
  o.method = maps::Method::kMonteCarlo;
  o.max_depth = 5, o.samples_per_tx = 10000000, o.diffuse_reflection = true;
  maps::RadioMap map = solve_radio_map(s, prepared, surface, o);
  json cpu = json::array();
  json seconds = time_runs(
      runs, [&] { map = solve_radio_map(s, prepared, surface, o); }, &cpu);
  if (save) runs::save_radio_map(save, map);
  const auto covered = std::count_if(map.path_gain.begin(), map.path_gain.end(), [](double g) { return g > 0; });
  return {{"seconds", seconds}, {"cpu_seconds", cpu}, {"covered", covered}, {"cells", map.num_cells()}};
}

/// The gradient of a map's sum; the value alone beside it.
json bench_map_gradient(scene::Scene s, const maps::Surface& surface, bool diffraction, int max_depth, int runs) {
  s.add_transmitter({"tx", kTx});
  const paths::PreparedScene prepared(s);
  maps::RadioMapOptions o;
  o.max_depth = max_depth;
  o.diffraction = diffraction;
  maps::RadioMap map = solve_radio_map(s, prepared, surface, o);
  json value_cpu = json::array(), cpu = json::array();
  json value = time_runs(
      runs, [&] { map = solve_radio_map(s, prepared, surface, o); }, &value_cpu);
  o.keep_arrivals = true;
  json seconds = time_runs(
      runs,
      [&] {
        map = solve_radio_map(s, prepared, surface, o);
        (void)map_vjp(s, prepared, o, map, std::vector<double>(map.path_gain.size(), 1.0));
      },
      &cpu);
  return {{"seconds", seconds},
          {"cpu_seconds", cpu},
          {"value", value},
          {"value_cpu", value_cpu},
          {"cells", map.num_cells()}};
}

/// Three walls of 5 to 6 m that scatter, S = 0.4 by Lambert's law, around a link.
scene::Scene scattering_walls() {
  scene::Scene s;
  s.frequency_hz = 3.5e9;
  em::Material concrete = em::itu_material("concrete", 0.1);
  concrete.scattering_coefficient = 0.4;
  s.add_material(concrete);
  s.add_object({"left", scene::box({-3, 3, 0}, {6, 0.2, 5}), 0});
  s.add_object({"right", scene::box({-2.5, -2.7, 0}, {5.5, 0.2, 5}), 0});
  s.add_object({"end", scene::box({4, -2.5, 0}, {0.2, 5, 5}), 0});
  s.add_transmitter({"tx", {-1.8, 0.4, 1.7}});
  s.add_receiver({"rx", {1.6, -0.7, 1.2}});
  return s;
}

/// 64 x 64 directions of 16 x 16 elements: the gradient of the map's sum by everything; the value beside it, both with
/// the paths.
json bench_arrivals_gradient(scene::Scene s, const paths::PathOptions& options, bool coherent, int runs) {
  const paths::PreparedScene prepared(s);
  maps::ArrivalMapOptions o;
  const double half_wave_m = 0.5 * kSpeedOfLight / s.frequency_hz;
  o.grid = maps::sine_grid(64, 64);
  o.aperture = maps::planar_aperture(16, 16, half_wave_m, half_wave_m);
  o.coherent = coherent;
  paths::Paths found;
  maps::ArrivalMap map;
  json value_cpu = json::array(), cpu = json::array(), paths_cpu = json::array();
  (void)time_runs(
      runs, [&] { found = solve_paths(s, prepared, options); }, &paths_cpu);
  json value = time_runs(
      runs,
      [&] {
        found = solve_paths(s, prepared, options);
        map = maps::arrival_map(found, o);
      },
      &value_cpu);
  json seconds = time_runs(
      runs,
      [&] {
        found = solve_paths(s, prepared, options);
        map = maps::arrival_map(found, o);
        const auto cotangent = maps::arrival_map_vjp(found, o, std::vector<double>(map.gain.size(), 1.0));
        (void)paths_vjp(s, prepared, options, found, cotangent);
      },
      &cpu);
  return {{"seconds", seconds},     {"cpu_seconds", cpu},     {"value", value},
          {"value_cpu", value_cpu}, {"paths_cpu", paths_cpu}, {"paths", found.num_paths()}};
}

json bench_walls_arrivals(bool coherent, int runs) {
  paths::PathOptions o;
  o.max_depth = 1, o.diffuse_reflection = true, o.scattering_tolerance = 1e-2;
  return bench_arrivals_gradient(scattering_walls(), o, coherent, runs);
}

json bench_canyon_arrivals(scene::Scene s, bool coherent, int runs) {
  s.add_transmitter({"tx", {-33, 11, 32}});
  s.add_receiver({"rx", {20, 0, 1.5}});
  paths::PathOptions o = edge_options();
  o.max_diffractions = 2;
  return bench_arrivals_gradient(std::move(s), o, coherent, runs);
}

/// One transmitter, many receivers in the streets (those in houses have no path), with diffraction.
json bench_many_edges(scene::Scene s, int num_receivers, int runs) {
  s.add_transmitter({"tx", kTx});
  for (int i = 0; i < num_receivers; ++i)
    s.add_receiver({"rx" + std::to_string(i), {-249.7 + 12.5 * (i % 40), -249.3 + 20 * (i / 40), 1.5}});
  const paths::PreparedScene prepared(s);
  (void)prepared.wedges();  // part of preparing
  int64_t found = 0;
  json cpu = json::array();
  json seconds = time_runs(
      runs, [&] { found = solve_paths(s, prepared, edge_options()).num_paths(); }, &cpu);
  return {{"seconds", seconds}, {"cpu_seconds", cpu}, {"paths", found}};
}

json bench_exhaustive(scene::Scene s, int runs) {
  s.add_transmitter({"tx", {-33, 11, 32}});
  s.add_receiver({"rx", {20, 0, 1.5}});
  paths::PathOptions o;
  o.max_depth = 3;
  o.finder = paths::Finder::kExhaustive;
  return bench_paths(std::move(s), o, runs);
}

/// The rays of the monte-carlo map and nothing else: the physical limit of the ray engine.
json bench_bare_trace(scene::Scene s, int runs) {
  const paths::PreparedScene prepared(s);
  paths::ShootOptions o;
  o.origin_m = kTx - prepared.origin_m();
  o.num_rays = 10000000;
  o.max_depth = 5;
  const paths::TileShooter shooter(prepared, o);
  std::atomic<int64_t> segments = 0;
  json cpu = json::array();
  const auto trace = [&] {
    segments = 0;
    runtime::parallel_for(64, 0, [&](int64_t chunk) {
      paths::RayTile tile;
      int64_t own = 0;
      for (int64_t t = shooter.num_tiles() * chunk / 64; t < shooter.num_tiles() * (chunk + 1) / 64; ++t) {
        shooter.run(t, tile, [&](const paths::RayTile& state, int) {
          for (const auto& p : state.packets) {
            for (const int32_t a : p.active) own -= a;
          }
        });
      }
      segments += own;
    });
  };
  json seconds = time_runs(runs, trace, &cpu);
  return {{"seconds", seconds}, {"cpu_seconds", cpu}, {"segments", segments.load()}};
}

/// The plane at 1.5 m in cells of 5 m.
maps::Surface street_plane() {
  maps::Surface surface;
  surface.cell_size_m = {5, 5};
  return surface;
}

/// san_francisco in cells of 10 m. @param on_ground  1.5 m above its ground; else the plane at 60 m
maps::Surface city_surface(bool on_ground) {
  maps::Surface surface;
  if (on_ground) {
    surface.kind = maps::Surface::Kind::kTerrain;
    surface.objects = {"Terrain"};
  } else {
    surface.height_m = kCityTx.z;
  }
  return surface;
}

json bench_map(scene::Scene s, maps::Method method, int max_depth, int64_t samples, bool diffraction, const char* save,
               int runs, const Vec3d& tx_m = kTx, const maps::Surface& surface = street_plane(),
               const em::PlanarArrayOptions& antenna = {}) {
  s.add_transmitter({"tx", tx_m, {}, {}, em::planar_array(antenna)});
  const paths::PreparedScene prepared(s);
  maps::RadioMapOptions o;
  o.method = method;
  o.max_depth = max_depth;
  o.samples_per_tx = samples;
  o.diffraction = diffraction;
  maps::RadioMap map;
  json cpu = json::array();
  json seconds = time_runs(
      runs, [&] { map = solve_radio_map(s, prepared, surface, o); }, &cpu);
  int covered = 0;
  double sum = 0;
  for (const double g : map.path_gain) covered += g > 0, sum += g;
  if (save) runs::save_radio_map(save, map);
  return {{"seconds", seconds}, {"cpu_seconds", cpu}, {"covered", covered}, {"cells", map.num_cells()}, {"sum", sum}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3)
    return std::fprintf(stderr, "usage: rays_bench ITEM SCENE.xml [RUNS] [SAVE.npz, or of many_edges: RECEIVERS]\n"), 2;
  const std::string item = argv[1], file = argv[2];
  const int runs = argc > 3 ? std::atoi(argv[3]) : 5;
  const char* save = argc > 4 ? argv[4] : nullptr;
  try {
    json result;
    if (item == "load") {
      result = bench_load(file, runs);
    } else {
      scene::Scene s = io::load_scene(file);
      using maps::Method;
      if (item == "link") result = bench_link(std::move(s), runs);
      if (item == "hundred") result = bench_hundred(std::move(s), runs);
      if (item == "exhaustive") result = bench_exhaustive(std::move(s), runs);
      if (item == "bare_trace") result = bench_bare_trace(std::move(s), runs);
      if (item == "monte_carlo") result = bench_map(std::move(s), Method::kMonteCarlo, 5, 10000000, false, save, runs);
      em::PlanarArrayOptions sector;
      sector.pattern = "tr38901";
      if (item == "monte_carlo_sector")
        result =
            bench_map(std::move(s), Method::kMonteCarlo, 5, 10000000, false, save, runs, kTx, street_plane(), sector);
      if (item == "diffuse_map" || item == "diffuse_metal")
        result = bench_diffuse_map(std::move(s), item == "diffuse_metal", save, runs);
      if (item == "exact") result = bench_map(std::move(s), Method::kExact, 3, 1000000, false, save, runs);
      if (item == "city" || item == "city_plane") {
        s.frequency_hz = 3.5e9;
        result = bench_map(std::move(s), Method::kExact, 3, 1000000, false, save, runs, kCityTx,
                           city_surface(item == "city"));
      }
      if (item == "many_edges") result = bench_many_edges(std::move(s), save ? std::atoi(save) : 1000, runs);
      if (item == "edges") result = bench_edges(std::move(s), 1, runs);
      if (item == "two_edges") result = bench_edges(std::move(s), 2, runs);
      if (item == "edges_map") result = bench_map(std::move(s), Method::kExact, 3, 1000000, true, save, runs);
      if (item == "edges_monte_carlo")
        result = bench_map(std::move(s), Method::kMonteCarlo, 3, 10000000, true, save, runs);
      if (item == "paths_gradient") result = bench_paths_gradient(std::move(s), runs);
      if (item == "walls_arrivals" || item == "walls_arrivals_coherent")
        result = bench_walls_arrivals(item == "walls_arrivals_coherent", runs);
      if (item == "arrivals" || item == "arrivals_coherent")
        result = bench_canyon_arrivals(std::move(s), item == "arrivals_coherent", runs);
      maps::Surface surface;
      surface.cell_size_m = {5, 5};
      if (item == "map_gradient") result = bench_map_gradient(std::move(s), surface, true, 2, runs);
      surface.center_m = {0, 0, 1.5};
      surface.size_m = {100, 100};
      surface.cell_size_m = {0.1, 0.1};
      if (item == "million") result = bench_map_gradient(std::move(s), surface, false, 2, runs);
    }
    if (result.is_null()) return std::fprintf(stderr, "rays_bench: unknown item '%s'\n", item.c_str()), 2;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    result["peak_mb"] = double(usage.ru_maxrss) / 1024;
    std::printf("%s\n", result.dump().c_str());
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "rays_bench: %s\n", e.what()), 3;
  }
}

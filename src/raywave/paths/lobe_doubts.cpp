// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/lobe_doubts.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <vector>

#include "raywave/runtime/parallel.h"
#include "raywave/scene/facet_noise.h"

namespace raywave::paths {
namespace {

constexpr double kSpreadDb = 1, kLeastLegM = 3, kBeyond = 1.5;

/// A lobe on an object.
struct Sharp {
  size_t object;
  double kappa;
  double safe = 0, slope = 0, leg_m = 0, spread_db = 0;  // once looked at
  bool is_beyond() const { return kappa > kBeyond * safe; }
};

std::vector<Sharp> sharp_lobes(const scene::Scene& scene, const em::Lobe& of_run) {
  std::vector<double> kappa;  // by material
  for (const em::Material& m : scene.materials) {
    const em::Lobe lobe = m.lobe.empty() ? of_run : em::lobe_from_text(m.lobe);
    const bool counts = lobe.kind == em::LobeKind::kVonMisesFisher && m.scattering_coefficient < 1;
    kappa.push_back(counts ? lobe.kappa : 0);
  }
  std::vector<Sharp> out;
  for (size_t o = 0; o < scene.objects.size(); ++o) {
    const double k = kappa[size_t(scene.objects[o].material)];
    if (k > kDefaultLobe.kappa) out.push_back({o, k});
  }
  return out;
}

double leg_m(const scene::Scene& scene, const Vec3d& origin_m, const std::vector<Vec3d>& places_m) {
  double nearest = std::numeric_limits<double>::infinity();
  for (const scene::Device& tx : scene.transmitters) {
    double sum = 0;
    for (const Vec3d& p : places_m) sum += norm(tx.position_m - origin_m - p);
    nearest = std::min(nearest, sum / double(places_m.size()));
  }
  return std::max(kLeastLegM, nearest);
}

std::string digits(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

}  // namespace

void warn_of_sharp_lobes(const scene::Scene& scene, const PreparedScene& prepared, const RayOptions& options) {
  if (!options.log || !options.is_directional()) return;
  std::vector<Sharp> lobes = sharp_lobes(scene, options.lobe);
  runtime::parallel_for(int64_t(lobes.size()), options.num_threads, [&](int64_t i) {
    Sharp& l = lobes[size_t(i)];
    const auto noise = prepared.facet_noise(int32_t(l.object));
    l.safe = l.kappa;
    if (!(noise->slope() > 0)) return;
    l.leg_m = leg_m(scene, prepared.origin_m(), noise->places_m());
    l.slope = noise->slope(), l.spread_db = noise->spread_db(l.kappa, l.leg_m);
    l.safe = noise->largest_kappa(kSpreadDb, l.leg_m, l.kappa);
  });
  std::erase_if(lobes, [](const Sharp& l) { return !l.is_beyond(); });
  if (lobes.empty()) return;
  const Sharp& worst = *std::max_element(
      lobes.begin(), lobes.end(), [](const Sharp& a, const Sharp& b) { return a.kappa * b.safe < b.kappa * a.safe; });
  const std::string others = lobes.size() > 1 ? message(" (and ", lobes.size() - 1, " more)") : "";
  options.log(
      message("object '", scene.objects[worst.object].name, "'", others, ": a lobe of kappa = ", digits(worst.kappa),
              " resolves single facets, whose slopes are noise of ", digits(worst.slope),
              " about each axis: another scan of the same surface would give a power apart by ",
              digits(worst.spread_db), " dB with legs of ", digits(worst.leg_m), " m. kappa <= ", digits(worst.safe),
              " keeps that to ", digits(kSpreadDb), " dB: take a wider lobe, or smooth the mesh"));
}

}  // namespace raywave::paths

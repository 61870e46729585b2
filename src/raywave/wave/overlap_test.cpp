// SPDX-License-Identifier: Apache-2.0
// Media that overlap: who owns a place, how much of a cell, and that no energy comes of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "raywave/wave/slice_cover.h"
#include "raywave/wave/test_support.h"

namespace raywave::wave {
namespace {

constexpr double kL = kTestWavelength;

std::vector<double> even_edges(int n, double spacing) {
  std::vector<double> e;
  for (int i = 0; i <= n; ++i) e.push_back((i - 0.5 * n) * spacing);
  return e;
}

Object solid(const std::string& name, double permittivity, std::vector<Solid> meshes) {
  Object o = dielectric(name, permittivity, {});
  o.solids = std::move(meshes);
  return o;
}

Solid turned(Solid m, const Vec3d& center, const Vec3d& angles) {
  const Mat3d turn = rotation_from_euler(angles);
  for (Vec3d& v : m.vertices_m) v = center + turn * v;
  return m;
}

/// What a SliceCover needs of a scene.
struct Covered {
  Scene scene;
  std::vector<double> x{0, 1}, y;
  std::vector<std::vector<Extent>> boxes;
  std::vector<int> ranks, all;

  explicit Covered(std::vector<Object> objects, std::vector<double> y_edges, std::vector<double> x_edges = {})
      : y(std::move(y_edges)) {
    scene.frequency_hz = 1e9;
    if (!x_edges.empty()) x = std::move(x_edges), scene.grid.num_x = int(x.size()) - 1;
    scene.grid.num_y = int(y.size()) - 1;
    scene.objects = std::move(objects);
    std::vector<Medium> media;
    for (const Object& o : scene.objects) media.push_back(medium_of(o.material, scene.frequency_hz));
    ranks = detail::owner_ranks(scene, media);
    all.resize(scene.objects.size());
    std::iota(all.begin(), all.end(), 0);
    refresh();
  }
  void refresh() {
    boxes.clear();
    for (const Object& o : scene.objects) boxes.push_back(extents(o));
  }
  SliceCover cover(double z0, double z1) const { return SliceCover({&scene, &boxes, &ranks, x, y}, all, z0, z1); }
  std::vector<std::vector<double>> values(double z0, double z1) const { return cover(z0, z1).values(); }
};

bool inside(const Outline& o, double y, double z) {
  bool in = false;
  for (size_t i = 0; i < o.size(); ++i) {
    const Point &a = o[i], &b = o[(i + 1) % o.size()];
    if ((a.z_m <= z) != (b.z_m <= z) && a.y_m + (z - a.z_m) / (b.z_m - a.z_m) * (b.y_m - a.y_m) < y) in = !in;
  }
  return in;
}

bool inside(const Solid& m, const Vec3d& p) {
  bool in = false;  // along +x
  for (const auto& t : m.triangles) {
    const Vec3d a = m.vertices_m[t[0]] - p, b = m.vertices_m[t[1]] - p, c = m.vertices_m[t[2]] - p;
    const auto area = [](const Vec3d& u, const Vec3d& v) { return u.y * v.z - u.z * v.y; };
    const double wa = area(b, c), wb = area(c, a), wc = area(a, b), sum = wa + wb + wc;
    if (sum == 0 || (wa < 0) != (wb < 0) || (wb < 0) != (wc < 0)) continue;
    if ((wa * a.x + wb * b.x + wc * c.x) / sum > 0) in = !in;
  }
  return in;
}

// The denser of the objects that hold a place; -1 for none. No two are equal here.
template <class Holds>
int densest(const Scene& s, Holds&& holds) {
  int best = -1;
  const auto weight = [&](int i) {
    const Object& o = s.objects[size_t(i)];
    return o.material.perfect_conductor ? INFINITY : std::abs(o.material.relative_permittivity - 1);
  };
  for (int i = 0; i < int(s.objects.size()); ++i)
    if (holds(s.objects[size_t(i)]) && (best < 0 || weight(i) > weight(best))) best = i;
  return best;
}

TEST(SliceCover, SharesAreThoseOfPointsSampled) {
  const Outline blade{{-3.2, -0.4}, {2.9, 0.35}, {2.7, 0.9}, {-3.1, 0.2}};
  const Outline arrow{{0.3, -1}, {0.9, 1.2}, {0.2, 0.6}, {-0.8, 1.1}};
  const Covered c(
      {dielectric("a", 2, {rectangle({-1, 0.1}, 3.3, 1.7), disc({2.1, 0.2}, 0.8, 24)}),
       dielectric("b", 4, {rectangle({0.7, -0.2}, 2.2, 0.9), blade}), conductor("c", {disc({0, 0}, 0.6, 15)}),
       dielectric("d", 1.5, {arrow}), dielectric("e", 3, {arrow, rectangle({-3, 0.4}, 2, 0.5)})},
      even_edges(11, 0.77));
  for (const auto& [z0, z1] : {std::pair{-0.31, 0.28}, {0.2, 1.3}, {-1.5, -0.3}}) {
    const auto got = c.values(z0, z1);
    const int across = 400, along = 300;
    std::vector<std::vector<double>> expected(5, std::vector<double>(11));
    for (int cell = 0; cell < 11; ++cell)
      for (int i = 0; i < across; ++i)
        for (int j = 0; j < along; ++j) {
          const double y = c.y[size_t(cell)] + 0.77 * (i + 0.5) / across, z = z0 + (z1 - z0) * (j + 0.5) / along;
          const int owner = densest(c.scene, [&](const Object& o) {
            return std::any_of(o.outlines.begin(), o.outlines.end(), [&](const Outline& p) { return inside(p, y, z); });
          });
          if (owner >= 0) expected[size_t(owner)][size_t(cell)] += 1.0 / (across * along);
        }
    // a cell's border of some ten sides, each of which a row or column of samples rounds by half a sample
    for (size_t o = 0; o < 5; ++o)
      for (size_t j = 0; j < 11; ++j) EXPECT_NEAR(got[o][j], expected[o][j], 3.0 / along) << o << " " << j;
  }
}

TEST(SliceCover, SolidsShareAsPointsSampled) {
  const Covered c({solid("a", 2, {box_solid({0.1, 0, 0.2}, {2, 3, 1.4}), sphere_solid({1, 1, 0.3}, 0.7, 8)}),
                   solid("b", 4, {turned(box_solid({0, 0, 0}, {1.5, 1, 2}), {0.4, -0.5, 0.1}, {0.3, 0.4, 0.2})}),
                   solid("c", 3, {box_solid({-0.6, 0.3, 0.2}, {1.1, 4, 1.4})})},
                  even_edges(6, 0.8), even_edges(5, 0.7));
  const double z0 = 0.1, z1 = 0.34;
  const auto got = c.values(z0, z1);
  const int n = 24;
  std::vector<std::vector<double>> expected(3, std::vector<double>(30));
  for (int cell = 0; cell < 30; ++cell)
    for (int i = 0; i < n * n * n; ++i) {
      const Vec3d p{c.x[size_t(cell / 6)] + 0.7 * (i % n + 0.513) / n,
                    c.y[size_t(cell % 6)] + 0.8 * (i / n % n + 0.487) / n, z0 + (z1 - z0) * (i / n / n + 0.5) / n};
      const int owner = densest(c.scene, [&](const Object& o) {
        return std::any_of(o.solids.begin(), o.solids.end(), [&](const Solid& m) { return inside(m, p); });
      });
      if (owner >= 0) expected[size_t(owner)][size_t(cell)] += 1.0 / (n * n * n);
    }
  for (size_t o = 0; o < 3; ++o)
    for (size_t j = 0; j < 30; ++j) EXPECT_NEAR(got[o][j], expected[o][j], 2.0 / n) << o << " " << j;
}

// Faces on the borders of cells and slices, on each other and across each other; three slices, so that what leaves one
// enters the next.
void expect_exact_derivatives(const std::vector<Object>& objects, const std::vector<double>& y,
                              const std::vector<double>& x, const std::vector<double>& z, uint64_t seed,
                              int whole = -1) {
  const Covered base(objects, y, x);
  MediaTangent t = zero_tangent(base.scene, false);
  for (size_t o = 0; o < objects.size(); ++o) {
    // kinks are means for one object that moves along one axis
    const auto number = [&](size_t v, int axis) {
      if (whole >= 0) return int(o) == whole / 3 && axis == whole % 3 ? 1.0 : 0.0;
      return random_uniform(seed, o, v, uint32_t(axis)) - 0.5;
    };
    size_t at = 0;
    for (Outline& outline : t.vertices[o])
      for (Point& p : outline) p = {number(at, 0), number(at, 1)}, ++at;
    for (auto& m : t.solids[o])
      for (Vec3d& v : m) v = {number(at, 0), number(at, 1), number(at, 2)}, ++at;
  }
  const auto moved = [&](double h) {
    Covered c = base;
    for (size_t o = 0; o < objects.size(); ++o) {
      Object& object = c.scene.objects[o];
      for (size_t p = 0; p < object.outlines.size(); ++p)
        for (size_t v = 0; v < object.outlines[p].size(); ++v) {
          object.outlines[p][v].y_m += h * t.vertices[o][p][v].y_m;
          object.outlines[p][v].z_m += h * t.vertices[o][p][v].z_m;
        }
      for (size_t p = 0; p < object.solids.size(); ++p)
        for (size_t v = 0; v < object.solids[p].vertices_m.size(); ++v)
          object.solids[p].vertices_m[v] += h * t.solids[o][p][v];
    }
    c.refresh();
    return c;
  };
  const double h = 1e-6;
  const Covered up = moved(h), down = moved(-h);
  for (size_t k = 0; k + 1 < z.size(); ++k) {
    const SliceCover slice = base.cover(z[k], z[k + 1]);
    const auto tangent = slice.tangents(t, false);
    const auto a = up.values(z[k], z[k + 1]), b = down.values(z[k], z[k + 1]);
    auto w = tangent;
    double forward = 0, backward = 0, size = 0;
    for (size_t o = 0; o < w.size(); ++o)
      for (size_t j = 0; j < w[o].size(); ++j) {
        // rounding over h, and at a kink a curvature of order h
        EXPECT_NEAR(tangent[o][j], (a[o][j] - b[o][j]) / (2 * h), 2e-5) << k << " " << o << " " << j;
        w[o][j] = random_uniform(seed, 7 + o, j, 3) - 0.5;
        forward += w[o][j] * tangent[o][j], size += std::abs(w[o][j] * tangent[o][j]);
      }
    MediaTangent bar = zero_tangent(base.scene, false);
    slice.cotangents(w, false, bar);
    for (size_t o = 0; o < objects.size(); ++o) {
      for (size_t p = 0; p < bar.vertices[o].size(); ++p)
        for (size_t v = 0; v < bar.vertices[o][p].size(); ++v)
          backward +=
              bar.vertices[o][p][v].y_m * t.vertices[o][p][v].y_m + bar.vertices[o][p][v].z_m * t.vertices[o][p][v].z_m;
      for (size_t p = 0; p < bar.solids[o].size(); ++p)
        for (size_t v = 0; v < bar.solids[o][p].size(); ++v) backward += dot(bar.solids[o][p][v], t.solids[o][p][v]);
    }
    EXPECT_NEAR(forward, backward, 1e-12 * (1 + size)) << k;
  }
}

TEST(SliceCover, DerivativesAreExactAcrossFacesThatCross) {
  const Outline blade{{-3.2, -0.4}, {2.9, 0.35}, {2.7, 0.9}, {-3.1, 0.2}};
  expect_exact_derivatives(
      {dielectric("a", 2, {rectangle({-1, 0.1}, 3.3, 1.7), disc({2.1, 0.2}, 0.8, 24)}),
       dielectric("b", 4, {rectangle({0.7, -0.2}, 2.2, 0.9), blade}), conductor("c", {disc({0, 0}, 0.6, 15)})},
      even_edges(11, 0.77), {}, {-1.4, -0.45, 0.13, 0.71}, 5);
}

TEST(SliceCover, DerivativesAreTheMeanOfBothSidesWhereFacesCoincide) {
  // on cell borders (multiples of a half) and slice ends (of a quarter); side by side, on top, end to end, alike
  for (int whole = 0; whole < 15; ++whole)
    expect_exact_derivatives(
        {dielectric("a", 2, {rectangle({-1, 0.5}, 2, 1)}), dielectric("b", 3, {rectangle({1, 0.5}, 2, 1)}),
         dielectric("c", 2.5, {rectangle({0, 1.25}, 3, 0.5)}), dielectric("d", 4, {rectangle({0.75, 0.5}, 1.5, 0.5)}),
         conductor("e", {rectangle({-1.75, 0.5}, 0.5, 0.5)})},
        even_edges(16, 0.5), {}, {-0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75}, 5, whole);
}

TEST(SliceCover, DerivativesOfSolidsThatOverlapAreExact) {
  const Object tilted = solid("b", 4, {turned(box_solid({0, 0, 0}, {1.5, 1, 2}), {0.4, -0.5, 0.1}, {0.3, 0.4, 0.2})});
  for (int whole = 0; whole < 9; ++whole)
    expect_exact_derivatives({solid("a", 2, {box_solid({0.1, 0, 0.2}, {2, 3, 1.4})}), tilted,
                              solid("c", 3, {box_solid({-0.6, 0.3, 0.23}, {1.1, 4, 1.3})})},
                             even_edges(6, 0.81), even_edges(5, 0.72), {-0.5, 0.1, 0.34, 0.95}, 3, whole);
  for (int whole = 0; whole < 9; ++whole)
    expect_exact_derivatives(
        {solid("a", 2, {box_solid({0, -1, 0.5}, {2, 2, 1})}), solid("b", 3, {box_solid({0, 1, 0.5}, {2, 2, 1})}),
         solid("c", 4, {box_solid({0.5, 0, 0.5}, {1, 1, 0.5})})},
        even_edges(10, 0.5), even_edges(8, 0.5), {-0.25, 0, 0.25, 0.5, 0.75, 1, 1.25}, 3, whole);
}

Scene block_scene(std::vector<Object> objects, double step = 0.25) {
  Scene s = beam_scene(512, 0.25 * 1.0003, 3, 20);
  s.absorber.width_m = 20 * kL;
  s.step_m = step * kL;
  s.objects = std::move(objects);
  return s;
}

Outline block(double y0, double y1, double z0 = 7, double z1 = 13) {
  return rectangle({0.5 * (y0 + y1) * kL, 0.5 * (z0 + z1) * kL}, (y1 - y0) * kL, (z1 - z0) * kL);
}

double gain(const Scene& s, const SimulateOptions& given = {}) {
  SimulateOptions o = given;
  o.output_z_m = {0, s.z_end_m};
  const Result r = simulate(s, o);
  return r.power_w_per_m(1) / r.power_w_per_m(0);
}

class WaveOverlaps : public EveryDevice {};
RAYWAVE_ON_EVERY_DEVICE(WaveOverlaps);

TEST_P(WaveOverlaps, TwoPartsOfAMediumAreOneBody) {
  for (const double step : {0.25, 0.1}) {
    const Scene whole = block_scene({dielectric("u", 2, {block(-3, 2)})}, step);
    const Field expected = simulate(whole, on_device()).field[0][0];
    const std::vector<std::vector<Object>> parts{
        {dielectric("a", 2, {block(-3, 0)}), dielectric("b", 2, {block(-1, 2)})},
        {dielectric("a", 2, {block(-3, 0)}), dielectric("b", 2, {block(0, 2)})},
        {dielectric("a", 2, {block(-3, 0), block(-1, 2)})},
        {dielectric("a", 2, {block(-3, 2, 7, 10.3)}), dielectric("b", 2, {block(-3, 2, 9.1, 13)})},
        {dielectric("u", 2, {block(-3, 2)}), dielectric("v", 2, {block(-3, 2)}),
         dielectric("w", 1, {block(-2, 1, 8, 12)})}};
    // a few roundings of each of some hundred slices
    for (size_t i = 0; i < parts.size(); ++i)
      EXPECT_LT(relative_error(simulate(block_scene(parts[i], step), on_device()).field[0][0], expected), 1e-12) << i;
  }
}

TEST_P(WaveOverlaps, NoEnergyComesOfThemAndOrderDoesNotMatter) {
  std::vector<Object> objects{
      dielectric("wall", 5.3, {block(-12, 0, 9, 11)}, 0.05), dielectric("pillar", 3.9, {block(-2, 1, 8, 12.1)}),
      dielectric("lens", 2.5, {disc({0.5 * kL, 9 * kL}, 2.5 * kL)}), conductor("frame", {block(-0.3, 0.4, 8.2, 9.3)}),
      dielectric("mist", 1.05, {block(-9, 9, 6, 14)})};
  for (const MediaModel model : {MediaModel::kAuto, MediaModel::kScreen, MediaModel::kWpm})
    for (const double step : {0.25, 0.1}) {
      for (Object& o : objects) o.model = model;
      EXPECT_LT(gain(block_scene(objects, step), on_device()), 1) << step;
    }
  for (Object& o : objects) o.model = MediaModel::kAuto;
  const Field expected = simulate(block_scene(objects), on_device()).field[0][0];
  std::reverse(objects.begin(), objects.end());
  EXPECT_LT(relative_error(simulate(block_scene(objects), on_device()).field[0][0], expected), 1e-12);
  std::rotate(objects.begin(), objects.begin() + 2, objects.end());
  EXPECT_LT(relative_error(simulate(block_scene(objects), on_device()).field[0][0], expected), 1e-12);
}

// The march over and over: a mode that grows would take over, whatever it starts from.
double growth_of_any_field(Scene s) {
  Source any;
  any.kind = SourceKind::kSampled, any.samples = random_field(s.grid.num_points(), 3);
  s.sources = {any};
  double growth = 0;
  for (int i = 0; i < 20; ++i) {
    const Field u = simulate(s).field[0][0];
    double before = 0, after = 0;
    for (size_t j = 0; j < u.size(); ++j) before += std::norm(s.sources[0].samples[j]), after += std::norm(u[j]);
    growth = after / before;
    for (size_t j = 0; j < u.size(); ++j) s.sources[0].samples[j] = u[j] / std::sqrt(after);
  }
  return growth;
}

TEST(WaveMix, FacesAlongTheMarchFeedNothing) {
  for (const double permittivity : {1.44, 2.25, 5.3})
    for (const double step : {0.05, 0.25}) {
      Scene s = beam_scene(256, 0.2503, 4, 30);
      s.step_m = step * kL;
      s.objects = {dielectric("a", permittivity, {block(-3, 3.1, 0, 30)}), dielectric("b", 2, {block(3.1, 5, 0, 30)})};
      for (Object& o : s.objects) o.model = MediaModel::kWpm;
      EXPECT_LT(growth_of_any_field(s), 1 + 1e-9) << permittivity << " " << step;
    }
}

TEST_P(WaveOverlaps, SolidsThatOverlapAreOneBody) {
  const auto scene = [](std::vector<Object> objects) {
    Scene s = beam_scene(48, 0.4, 4, 12);
    s.grid.num_x = 40, s.grid.spacing_x_m = s.grid.spacing_m;
    s.objects = std::move(objects);
    return s;
  };
  const auto box = [](double y0, double y1, double z0, double z1) {
    return box_solid({0.3 * kL, 0.5 * (y0 + y1) * kL, 0.5 * (z0 + z1) * kL}, {5 * kL, (y1 - y0) * kL, (z1 - z0) * kL});
  };
  const Field expected = simulate(scene({solid("u", 2, {box(-3, 3, 4, 7)})}), on_device()).field[0][0];
  for (const auto& parts :
       std::vector<std::vector<Object>>{{solid("a", 2, {box(-3, 1, 4, 7)}), solid("b", 2, {box(-1, 3, 4, 7)})},
                                        {solid("a", 2, {box(-3, 0, 4, 7), box(0, 3, 4, 7)})},
                                        {solid("a", 2, {box(-3, 3, 4, 5.3)}), solid("b", 2, {box(-3, 3, 5, 7)}),
                                         solid("c", 1.5, {box(-1, 1, 4.5, 6)})}}) {
    const Scene s = scene(parts);
    EXPECT_LT(relative_error(simulate(s, on_device()).field[0][0], expected), 1e-12);
    EXPECT_LT(gain(s, on_device()), 1);
  }
}

// The gradient of Re <w, u> against central differences, by every object's place, size and medium.
void expect_gradients(const Scene& s, const SimulateOptions& options, double tolerance) {
  const Field w = random_field(s.grid.num_points(), 7);
  const auto value = [&](const Scene& at) {
    const Field u = simulate(at, options).field[0][0];
    double sum = 0;
    for (size_t j = 0; j < u.size(); ++j) sum += w[j].real() * u[j].real() + w[j].imag() * u[j].imag();
    return sum;
  };
  const Gradient g = Simulation(s, options).vjp({{w}});
  const auto expect = [&](const std::string& name, size_t index, double h,
                          const std::function<void(Scene&, double)>& edit) {
    const auto at = [&](double t) {
      Scene moved = s;
      edit(moved, t);
      return value(moved);
    };
    const double slope = (at(h) - at(-h)) / (2 * h);
    EXPECT_NEAR(g.at(name)[index], slope, tolerance * (std::abs(slope) + 1e-3 * std::abs(value(s)) / (1e4 * h)))
        << name << " " << index;
  };
  const bool volume = s.grid.volume();
  for (size_t i = 0; i < s.objects.size(); ++i) {
    const std::string object = "object/" + s.objects[i].name, material = "material/" + s.objects[i].material.name;
    for (size_t axis = 0; axis < (volume ? 3u : 2u); ++axis)
      expect(object + "/translation_m", axis, 1e-6 * kL, [&](Scene& t, double h) {
        for (Outline& o : t.objects[i].outlines)
          for (Point& p : o) (axis == 0 ? p.y_m : p.z_m) += h;
        for (Solid& m : t.objects[i].solids)
          for (Vec3d& v : m.vertices_m) (axis == 0 ? v.x : axis == 1 ? v.y : v.z) += h;
      });
    if (!s.objects[i].material.perfect_conductor)
      expect(material + "/relative_permittivity", 0, 1e-6,
             [&](Scene& t, double h) { t.objects[i].material.relative_permittivity += h; });
  }
}

TEST_P(WaveOverlaps, GradientsAreExact) {
  expect_gradients(block_scene({dielectric("wall", 5.3, {block(-12, 0.13, 9.03, 11)}, 0.05),
                                dielectric("pillar", 3.9, {block(-2, 1.07, 8.1, 12.1)}),
                                dielectric("lens", 2.5, {disc({0.5 * kL, 9.01 * kL}, 2.5 * kL, 40)}),
                                conductor("frame", {block(-0.31, 0.43, 8.23, 9.31)})}),
                   on_device(), 1e-4);
  // equal media side by side and across each other, on cell borders and slice ends: the mean of both sides
  Scene s = beam_scene(256, 0.25, 3, 20);
  s.grid.center_m = 0.125 * kL;
  s.objects = {dielectric("a", 2, {block(-3, 0)}), dielectric("b", 2, {block(-1, 2)}),
               dielectric("c", 1.5, {block(2, 3)})};
  expect_gradients(s, on_device(), 1e-4);
}

TEST_P(WaveOverlaps, TwoMaterialsAlikeAreNoSpecialPlace) {
  // of one permittivity under three names, side by side (where they overlap, what changes is who owns the place): the
  // field is smooth there, from above as from below
  Scene s = beam_scene(256, 0.2503, 3, 20);
  s.objects = {dielectric("a", 2.25, {block(-3.1, 0.2)}), dielectric("b", 2.25, {block(0.2, 2.3)}, 0.01),
               dielectric("c", 2.25, {block(-5, -3.1, 9, 15), block(-2, 1.3, 13.4, 16)})};
  for (Object& o : s.objects) o.model = MediaModel::kWpm;
  expect_gradients(s, on_device(), 1e-4);
  const Field w = random_field(256, 7);
  for (size_t i = 0; i < s.objects.size(); ++i) {
    const auto at = [&](double h) {
      Scene moved = s;
      moved.objects[i].material.relative_permittivity += h;
      const Field u = simulate(moved, on_device()).field[0][0];
      double sum = 0;
      for (size_t j = 0; j < u.size(); ++j) sum += w[j].real() * u[j].real() + w[j].imag() * u[j].imag();
      return sum;
    };
    const double h = 1e-6, middle = at(0), above = (at(h) - middle) / h, below = (middle - at(-h)) / h;
    // curvature over h: no more than a thousand times the slope
    EXPECT_NEAR(above, below, 1e-3 * std::abs(above)) << i;
  }
}

TEST_P(WaveOverlaps, GradientsOfSolidsAreExact) {
  Scene s = beam_scene(32, 0.4, 3, 8);
  s.grid.num_x = 24, s.grid.spacing_x_m = s.grid.spacing_m;
  s.step_m = 0.5 * kL;
  const auto box = [](double y0, double y1, double z0, double z1) {
    return box_solid({0.3 * kL, 0.5 * (y0 + y1) * kL, 0.5 * (z0 + z1) * kL}, {5 * kL, (y1 - y0) * kL, (z1 - z0) * kL});
  };
  s.objects = {solid("a", 2, {box(-3, 1, 3, 6)}), solid("b", 3, {box(-1.1, 3, 3, 6)}),
               solid("ball", 2.5, {sphere_solid({0, 0.2 * kL, 4.1 * kL}, 1.3 * kL, 6)})};
  expect_gradients(s, on_device(), 1e-4);
}

}  // namespace
}  // namespace raywave::wave

// SPDX-License-Identifier: Apache-2.0
#include "raywave/plane/fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/em/utd.h"
#include "raywave/plane/points.h"

namespace raywave::plane {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// Where walls end: one (a screen) or two (a wedge).
struct Corner {
  struct End {
    int32_t wall;
    bool at_b;
  };
  std::vector<End> ends;
};

/// Reflections before, a corner or none (-1), reflections after.
struct Sequence {
  std::vector<int32_t> before, after;
  int32_t corner = -1;
};

template <class T>
struct Materials {
  std::vector<em::BasicMaterialProperties<T>> of_wall;
  T wavelength;
};

class FieldScene {
 public:
  FieldScene(const Scene2D& scene, const FieldOptions& o) : scene_(scene), o_(o) {
    scene.validate_distinct();
    o.validate();
    for (const Object& object : scene.objects)
      if (object.kind != Kind::kWall && object.kind != Kind::kCorner)
        throw Error(message("object '", object.name, "': fields are those of walls and corners"));
    find_corners();
    stand_before_walls();
    numbers_ = plane::numbers(scene_);
    list_sequences();
  }

  const Scene2D& scene() const { return scene_; }
  const std::vector<Sequence>& sequences() const { return sequences_; }

  template <class T>
  Materials<T> materials(const SceneOver<T>& s) const {
    Materials<T> out;
    const T f = s.n[Layout::kFrequency];
    out.wavelength = T(kSpeedOfLight) / f;
    for (const Object& o : scene_.objects) {
      em::BasicMaterialProperties<T> p;
      p.perfect_conductor = true;
      for (size_t i = 0; i < scene_.materials.size(); ++i) {
        const em::Material& m = scene_.materials[i];
        if (m.name != o.material) continue;
        const T* n = s.n + s.layout->material_begin + 3 * i;
        em::MaterialNumbers<T> numbers = em::numbers_of<T>(m, scene_.frequency_hz, f);
        const auto also_by = [](T& number, const T& x) { number = number + (x - T(ad::value_of(x))); };
        also_by(numbers[em::MaterialNumber::kPermittivity], n[0]);
        also_by(numbers[em::MaterialNumber::kConductivity], n[1]);
        also_by(numbers[em::MaterialNumber::kThickness], n[2]);
        p = em::properties_of(numbers, f, m.perfect_conductor);
      }
      out.of_wall.push_back(p);
    }
    return out;
  }

  /// The path's field, 0 where it does not hold.
  template <class T>
  Complex<T> field(const SceneOver<T>& s, const Materials<T>& m, const Sequence& q, const Vec2<T>& transmitter,
                   const Vec2<T>& receiver) const {
    const Complex<T> none{T(0), T(0)};
    const Vec2d aside = moved_aside(plain(transmitter), plain(receiver));
    const Vec2<T> shift{T(aside.x), T(aside.y)}, tx = transmitter + shift, rx = receiver + shift;
    if (q.corner < 0) {
      const Places<T> p = image_places(s, tx, rx, q.before);
      Complex<T> c{T(1), T(0)};
      if (!follow(s, m, q.before, p, nullptr, nullptr, c)) return none;
      return c * wave(length_of(p), m.wavelength);
    }
    const Corner& corner = corners_[size_t(q.corner)];
    const Vec2<T> at = corner_at(s, corner);
    const Places<T> in = image_places(s, tx, at, q.before), out = image_places(s, at, rx, q.after);
    Complex<T> c{T(1), T(0)};
    if (!follow(s, m, q.before, in, nullptr, &corner, c) || !follow(s, m, q.after, out, &corner, nullptr, c))
      return none;
    const T length_in = length_of(in), length_out = length_of(out);
    Complex<T> d;
    const Vec2<T>&before = in.at[size_t(in.order)], &after = out.at[1];
    const T distance = length_in * length_out / (length_in + length_out);
    if (!diffract(s, m, q, {plain(tx), plain(rx)}, before - at, after - at, distance, d)) return none;
    return c * d * wave(length_in + length_out, m.wavelength);
  }

 private:
  /// Rays through points where walls meet, along walls and through corners are decided as those beside them: both ends
  /// are moved aside together, some hundred roundings of their coordinates, in a direction of no wall. A path and its
  /// reverse are moved alike, and what each of the walls that meet is asked has one answer.
  static Vec2d moved_aside(Vec2d tx, Vec2d rx) {
    const double size = std::max({std::abs(tx.x), std::abs(tx.y), std::abs(rx.x), std::abs(rx.y), length(rx - tx)});
    return (0x1p-44 * size) * Vec2d{0.8414709848078965, 0.5403023058681398};
  }

  /// This many roundings of coordinates of this size, metres.
  static double roundings_m(double many, std::initializer_list<Vec2d> points) {
    double size = 0;
    for (const Vec2d p : points) size = std::max({size, std::abs(p.x), std::abs(p.y)});
    return many * 0x1p-53 * size;
  }

  void find_corners() {
    const auto same = [](Vec2d p, Vec2d q) { return p.x == q.x && p.y == q.y; };
    std::vector<Vec2d> places;
    for (size_t i = 0; i < scene_.objects.size(); ++i) {
      const Object& o = scene_.objects[i];
      if (o.kind != Kind::kWall) continue;
      for (const bool at_b : {false, true}) {
        const Vec2d p = at_b ? o.b : o.a;
        size_t k = 0;
        while (k < places.size() && !same(places[k], p)) ++k;
        if (k == places.size()) places.push_back(p), corners_.emplace_back();
        corners_[k].ends.push_back({int32_t(i), at_b});
      }
    }
  }

  /// Ends of walls on the middle of others stand a little before those, so that rays to them go through that wall or
  /// not: 1e-9 of their wall's length, or where coordinates are large, many of their roundings. Which stand where is
  /// asked of the scene as it is given; ends of several walls first, as they turn these a little.
  void stand_before_walls() {
    struct Standing {
      const Corner* corner;
      size_t on;
    };
    std::vector<Standing> standing;
    for (const Corner& c : corners_) {
      const Vec2d place = end_of(c.ends[0]);
      for (size_t i = 0; i < scene_.objects.size(); ++i) {
        if (!holds(scene_.objects[i], place)) continue;
        standing.push_back({&c, i});
        break;
      }
    }
    std::stable_partition(standing.begin(), standing.end(),
                          [](const Standing& s) { return s.corner->ends.size() > 1; });
    for (const auto& [c, on] : standing) {
      Vec2d away{};
      for (const auto& e : c->ends) away = away + (other_end(e) - end_of(e));
      away = (1 / double(c->ends.size())) * away;
      if (!(length(away) > 0)) continue;
      const Object& wall = scene_.objects[on];
      Vec2d place = end_of(c->ends[0]);
      const double turn = raywave::cross(away, wall.b - wall.a);
      if (c->ends.size() == 1 && turn != 0)
        place = place + raywave::cross(wall.a - place, wall.b - wall.a) / turn * away;
      away = std::max(1e-9, roundings_m(0x1p14, {place}) / length(away)) * away;
      for (const auto& e : c->ends) end_of(e) = place + away;
    }
  }
  const Vec2d& other_end(const Corner::End& e) const {
    const Object& o = scene_.objects[size_t(e.wall)];
    return e.at_b ? o.a : o.b;
  }
  Vec2d& end_of(const Corner::End& e) {
    Object& o = scene_.objects[size_t(e.wall)];
    return e.at_b ? o.b : o.a;
  }
  /// Is the place on a wall, between its ends?
  static bool holds(const Object& o, Vec2d place) {
    if (o.kind != Kind::kWall) return false;
    const Vec2d d = o.b - o.a, from = place - o.a;
    const double along = dot(d, from), square = dot(d, d), within = roundings_m(64, {o.a, o.b}) * std::sqrt(square);
    return along > within && along < square - within && std::abs(raywave::cross(d, from)) <= within;
  }

  void list_sequences() {
    std::vector<int32_t> walls;
    for (size_t i = 0; i < scene_.objects.size(); ++i)
      if (scene_.objects[i].kind == Kind::kWall) walls.push_back(int32_t(i));
    std::vector<std::vector<int32_t>> all{{}};
    for (size_t begin = 0, order = 0; order < size_t(o_.max_order); ++order) {
      const size_t end = all.size();
      for (size_t i = begin; i < end; ++i) {
        for (const int32_t w : walls) {
          if (!all[i].empty() && all[i].back() == w) continue;
          all.push_back(all[i]);
          all.back().push_back(w);
          if (double(all.size()) * 64 > o_.max_bytes) throw Error("the sequences exceed max_bytes: lower max_order");
        }
      }
      begin = end;
    }
    for (const auto& a : all) sequences_.push_back({a, {}, -1});
    for (size_t c = 0; o_.diffraction && c < corners_.size(); ++c) {
      if (corners_[c].ends.size() > 2) continue;
      for (const auto& a : all) {
        if (!a.empty() && meets(corners_[c], a.back())) continue;
        for (const auto& b : all) {
          if (a.size() + b.size() > size_t(o_.max_order)) break;  // all are ordered by their length
          if (b.empty() || !meets(corners_[c], b.front())) sequences_.push_back({a, b, int32_t(c)});
        }
        if (double(sequences_.size()) * 128 > o_.max_bytes)
          throw Error("the sequences exceed max_bytes: lower max_order");
      }
    }
  }

  static bool meets(const Corner& c, int32_t wall) {
    for (const auto& e : c.ends)
      if (e.wall == wall) return true;
    return false;
  }

  template <class T>
  static Vec2<T> corner_at(const SceneOver<T>& s, const Corner& c) {
    Vec2<T> sum{T(0), T(0)};
    for (const auto& e : c.ends) sum = sum + (e.at_b ? s.object(e.wall).b() : s.object(e.wall).a());
    return T(1.0 / double(c.ends.size())) * sum;
  }

  template <class T>
  static Complex<T> wave(const T& length, const T& wavelength) {
    using std::sqrt;
    return (T(1) / sqrt(T(2 * kPi) * length)) * expj(-(T(2 * kPi) * length / wavelength));
  }

  template <class T>
  Complex<T> pick(const em::SlabCoefficients<T>& c, bool transmitted) const {
    if (o_.polarization == Polarization::kTe) return transmitted ? c.t_te : c.r_te;
    return transmitted ? c.t_tm : c.r_tm;
  }
  template <class T>
  static T cosine(const ObjectOver<T>& o, const Vec2<T>& along) {
    using std::abs;
    const Vec2<T> t = unit(o.b() - o.a()), d = unit(along);
    return abs(cross(t, d));
  }

  /// Multiplies by what walls do along a stretch of mirrors; false where the path does not hold.
  template <class T>
  bool follow(const SceneOver<T>& s, const Materials<T>& m, std::span<const int32_t> walls, const Places<T>& p,
              const Corner* begins, const Corner* ends, Complex<T>& c) const {
    for (size_t k = 0; k < walls.size(); ++k) {
      const auto o = s.object(walls[k]);
      const Vec2d a = plain(o.a()), b = plain(o.b()), in = plain(p.at[k]), out = plain(p.at[k + 2]);
      // both ends of a reflection are on one side, off the wall
      if (!(raywave::cross(b - a, in - a) * raywave::cross(b - a, out - a) > 0) || !mirrors(a, b, in, out))
        return false;
      c = c *
          (m.of_wall[size_t(walls[k])].specular_scale *
           pick(em::coefficients(cosine(o, p.at[k + 1] - p.at[k]), m.of_wall[size_t(walls[k])], m.wavelength), false));
    }
    for (size_t k = 0; k <= walls.size(); ++k) {
      const Vec2d from = plain(p.at[k]), along = plain(p.at[k + 1]) - from;
      if (!(dot(along, along) > 0)) return false;
      for (size_t j = 0; j < scene_.objects.size(); ++j) {
        if (scene_.objects[j].kind != Kind::kWall || touches(walls, k, int32_t(j))) continue;
        if (k == 0 && begins && meets(*begins, int32_t(j))) continue;
        if (k == walls.size() && ends && meets(*ends, int32_t(j))) continue;
        const auto o = s.object(int32_t(j));
        if (!crosses(plain(o.a()), plain(o.b()), from, along)) continue;
        const auto& material = m.of_wall[j];
        if (!passes(material)) return false;
        c = c * pick(em::coefficients(cosine(o, p.at[k + 1] - p.at[k]), material, m.wavelength), true);
      }
    }
    return true;
  }

  /// Does the stretch cross the wall? Each end of the wall is asked which side of the ray it is on, so that the answers
  /// of walls that meet are those of one point. Endless: the wall goes on beyond b.
  static bool crosses(Vec2d a, Vec2d b, Vec2d from, Vec2d along, bool endless = false) {
    if (parallel(along, b - a)) return false;
    const double at_a = raywave::cross(along, a - from), at_b = raywave::cross(along, endless ? b - a : b - from);
    if ((at_a >= 0) == (at_b >= 0)) return false;
    const double u = raywave::cross(a - from, b - a) / raywave::cross(along, b - a);
    return u >= 0 && u <= 1;
  }
  /// Does the ray from one place to another by way of the wall's line meet it between the wall's ends?
  static bool mirrors(Vec2d a, Vec2d b, Vec2d from, Vec2d to, bool endless = false) {
    const Vec2d d = unit(b - a), image = from + (2 * raywave::cross(d, from - a)) * Vec2d{d.y, -d.x};
    return crosses(a, b, image, to - image, endless);
  }
  template <class T>
  bool passes(const em::BasicMaterialProperties<T>& m) const {
    return o_.transmission && !m.perfect_conductor;
  }

  /// Both ends of a path.
  struct Ends {
    Vec2d tx, rx;
  };

  /// What diffraction makes of the field continued straight; false inside a wedge that is solid.
  /// @param before, after  from the corner. @param distance  s' s / (s' + s)
  template <class T>
  bool diffract(const SceneOver<T>& s, const Materials<T>& m, const Sequence& q, const Ends& ends,
                const Vec2<T>& before, const Vec2<T>& after, const T& distance, Complex<T>& out) const {
    const Corner& corner = corners_[size_t(q.corner)];
    const auto face = [&](const Corner::End& e) {
      const auto o = s.object(e.wall);
      return azimuth(e.at_b ? o.a() - o.b() : o.b() - o.a());
    };
    Corner::End first = corner.ends.front(), second = corner.ends.back();
    T zero = face(first), exterior(2 * kPi);
    if (corner.ends.size() == 2) {
      exterior = turn(face(second) - zero);
      if (ad::value_of(exterior) < kPi) {
        std::swap(first, second);
        zero = face(first), exterior = turn(face(second) - zero);
      }
      if (ad::value_of(exterior) < kPi + straight_within(first.wall, second.wall)) {
        out = change_of_wall(s, m, first.wall, second.wall, zero, before, after, distance);
        return true;
      }
    }
    em::WedgeRay<T> r;
    r.exterior_angle = exterior;
    r.phi_in = turn(azimuth(before) - zero), r.phi_out = turn(azimuth(after) - zero);
    const auto& face_0 = m.of_wall[size_t(first.wall)];
    const auto& face_n = m.of_wall[size_t(second.wall)];
    r.transmits = passes(face_0) || passes(face_n);
    if (!r.transmits &&
        (ad::value_of(r.phi_in) > ad::value_of(exterior) || ad::value_of(r.phi_out) > ad::value_of(exterior)))
      return false;
    r.sin_beta = T(1), r.cos_beta = T(0);
    r.k_l = T(2 * kPi) / m.wavelength * distance;
    r.end_a = T(-kInf), r.end_b = T(kInf);
    r.sides = sides(s, q, ends, first, second, ad::value_of(r.phi_in), ad::value_of(r.phi_out), ad::value_of(exterior));
    const em::EdgeMatrix<T> d = em::diffraction_matrix(r, face_0, face_n, m.wavelength);
    out = o_.polarization == Polarization::kTe ? d.qq : d.pp;
    return true;
  }

  /// How far from a straight line two walls in line are by the rounding of their ends, radians.
  double straight_within(int32_t first, int32_t second) const {
    const Object &one = scene_.objects[size_t(first)], &two = scene_.objects[size_t(second)];
    return kPi * 1e-12 +
           roundings_m(8, {one.a, one.b, two.a, two.b}) * (1 / length(one.b - one.a) + 1 / length(two.b - two.a));
  }

  /// The end that is at the corner, and the other one.
  std::pair<Vec2d, Vec2d> from_corner(const Corner::End& e) const {
    const Object& o = scene_.objects[size_t(e.wall)];
    return {e.at_b ? o.b : o.a, other_end(e)};
  }

  /// What geometrical optics decided next to its boundaries, see em::WedgeRay::sides: asked of the path without the
  /// corner, and of those that reflect at its walls instead. To a corner its walls have no other end: else rays that
  /// run along a wall would tell one in pieces from a whole one.
  template <class T>
  std::array<int8_t, 3> sides(const SceneOver<T>& s, const Sequence& q, const Ends& ends, const Corner::End& first,
                              const Corner::End& second, double in, double out, double exterior) const {
    // far above what azimuths are off by, and far below what a field resolves
    const auto near = [](double angle) { return std::abs(std::remainder(angle, 2 * kPi)) < 1e-6; };
    std::array<int8_t, 3> sides{};
    const size_t k = q.before.size();
    const auto places = [&](int32_t wall) {
      std::vector<int32_t> walls = q.before;
      if (wall >= 0) walls.push_back(wall);
      walls.insert(walls.end(), q.after.begin(), q.after.end());
      const SceneOver<double> plain_scene{&scene_, s.layout, numbers_.data()};
      return image_places(plain_scene, ends.tx, ends.rx, walls);
    };
    if (near(out - in - kPi)) {
      const Places<double> p = places(-1);
      const auto crossed = [&](const Corner::End& wall) {
        const auto [a, b] = from_corner(wall);
        return crosses(a, b, p.at[k], p.at[k + 1] - p.at[k], true);
      };
      // into a wedge or out of it a ray is lit past face 0: it goes through face n
      const bool through = (in > exterior) != (out > exterior);
      sides[0] = (through ? crossed(second) : !crossed(first) && !crossed(second)) ? 1 : -1;
    }
    const auto reflects = [&](const Corner::End& wall) {
      const Places<double> p = places(wall.wall);
      const auto [a, b] = from_corner(wall);
      return int8_t(mirrors(a, b, p.at[k], p.at[k + 2], true) ? 1 : -1);
    };
    if (near(out + in - kPi)) sides[1] = reflects(first);
    if (near(out + in + kPi - 2 * exterior)) sides[2] = reflects(second);
    return sides;
  }

  /// Where a wall goes on in line as another: geometrical optics changes by the difference of what the two pass or
  /// reflect, and physical optics' term takes the step away. 0 for equal walls.
  template <class T>
  Complex<T> change_of_wall(const SceneOver<T>& s, const Materials<T>& m, int32_t first, int32_t second, const T& zero,
                            const Vec2<T>& before, const Vec2<T>& after, const T& distance) const {
    using std::cos;
    using std::sin;
    using std::sqrt;
    const T in = turn(azimuth(before) - zero), out = turn(azimuth(after) - zero);
    const bool reflected = (ad::value_of(in) > kPi) == (ad::value_of(out) > kPi);
    const T cos_in = cosine(s.object(first), before), cos_out = cosine(s.object(first), after);
    const auto coefficient = [&](int32_t wall) {
      const auto& material = m.of_wall[size_t(wall)];
      if (!reflected && !passes(material)) return Complex<T>{T(0), T(0)};
      const T scale = reflected ? material.specular_scale : T(1);
      return scale * pick(em::coefficients(cos_in < cos_out ? cos_in : cos_out, material, m.wavelength), !reflected);
    };
    // the angle to the boundary, positive where the ray meets the second wall
    T angle = reflected ? in + out - T(kPi) : out - in - T(kPi);
    angle = angle - T(2 * kPi * std::round(ad::value_of(angle) / (2 * kPi)));
    if (ad::value_of(out) > kPi) angle = -angle;
    const T v = sqrt(T(4 * kPi) / m.wavelength * distance) * sin(T(0.5) * angle);
    return (T(-0.5) * cos(T(0.5) * angle)) *
           (em::edge_transition(v, T(-kInf), T(kInf)) * (coefficient(second) - coefficient(first)));
  }
  template <class T>
  static T azimuth(const Vec2<T>& v) {
    using std::atan2;
    return atan2(v.y, v.x);
  }
  /// Into [0, 2 pi).
  template <class T>
  static T turn(const T& angle) {
    return angle - T(2 * kPi * std::floor(ad::value_of(angle) / (2 * kPi)));
  }

  Scene2D scene_;
  FieldOptions o_;
  std::vector<double> numbers_;
  std::vector<Corner> corners_;
  std::vector<Sequence> sequences_;
};

constexpr size_t kPointsInTask = 64;

}  // namespace

void FieldOptions::validate() const {
  if (max_order < 0 || max_order > kMaxOrder)
    throw Error(message("max_order must be 0 to ", kMaxOrder, ", got ", max_order));
  if (!(max_bytes > 0)) throw Error(message("max_bytes must be > 0, got ", max_bytes));
  if (num_threads < 0) throw Error(message("num_threads must be >= 0, got ", num_threads));
}

FieldMap field_over_points(const Scene2D& scene, std::span<const Vec2d> points, const FieldOptions& o) {
  const FieldScene f(scene, o);
  for (size_t i = 0; i < points.size(); ++i) require_point(i, points[i]);
  const Layout l = layout(f.scene());
  const std::vector<double> n = numbers(f.scene());
  const SceneOver<double> s{&f.scene(), &l, n.data()};
  const Materials<double> m = f.materials(s);
  FieldMap out;
  out.num_tx = scene.transmitters.size(), out.num_points = points.size();
  out.field.resize(out.num_tx * points.size());
  for_tasks(points.size(), kPointsInTask, o.num_threads, [&](size_t, size_t begin, size_t count) {
    for (size_t tx = 0; tx < out.num_tx; ++tx) {
      for (size_t i = begin; i < begin + count; ++i) {
        Complexd& sum = out.field[tx * points.size() + i];
        for (const Sequence& q : f.sequences()) sum += f.field(s, m, q, s.transmitter(tx), points[i]);
      }
    }
  });
  return out;
}

std::vector<double> field_vjp(const Scene2D& scene, std::span<const Vec2d> points, const FieldOptions& o,
                              std::span<const Complexd> cotangent, std::vector<Vec2d>* by_points) {
  const FieldScene f(scene, o);
  for (size_t i = 0; i < points.size(); ++i) require_point(i, points[i]);
  const size_t num_tx = scene.transmitters.size();
  if (cotangent.size() != num_tx * points.size())
    throw Error(message("the cotangent must have ", num_tx * points.size(), " numbers, got ", cotangent.size()));
  for (const Complexd w : cotangent) require_finite("the cotangent", w.re), require_finite("the cotangent", w.im);
  const Layout l = layout(f.scene());
  const std::vector<double> n = numbers(f.scene());
  const SceneOver<double> s{&f.scene(), &l, n.data()};
  const Materials<double> plain_materials = f.materials(s);
  std::vector<std::vector<double>> parts(num_tasks(points.size(), kPointsInTask));
  if (by_points) by_points->assign(points.size(), {});
  for_tasks(points.size(), kPointsInTask, o.num_threads, [&](size_t task, size_t begin, size_t count) {
    std::vector<double>& gradient = parts[task];
    gradient.assign(l.count, 0.0);
    ad::Tape tape;
    const ad::Recording recording(tape);
    std::vector<ad::Var> inputs;
    for (const double x : n) inputs.push_back(tape.input(x));
    const SceneOver<ad::Var> v{&f.scene(), &l, inputs.data()};
    const Materials<ad::Var> m = f.materials(v);
    tape.mark();
    for (size_t tx = 0; tx < num_tx; ++tx) {
      for (size_t i = begin; i < begin + count; ++i) {
        const Complexd w = cotangent[tx * points.size() + i];
        if (w.re == 0 && w.im == 0) continue;
        for (const Sequence& q : f.sequences()) {
          const Complexd plain_field = f.field(s, plain_materials, q, s.transmitter(tx), points[i]);
          if (plain_field.re == 0 && plain_field.im == 0) continue;
          tape.back_to_mark();
          const Vec2<ad::Var> rx{tape.input(points[i].x), tape.input(points[i].y)};
          const Complex<ad::Var> u = f.field(v, m, q, v.transmitter(tx), rx);
          tape.seed(u.re, w.re), tape.seed(u.im, w.im);
          tape.sweep();
          if (by_points) (*by_points)[i] = (*by_points)[i] + Vec2d{tape.adjoint(rx.x), tape.adjoint(rx.y)};
        }
      }
    }
    tape.back_to_mark();
    tape.finish();
    for (size_t i = 0; i < inputs.size(); ++i) gradient[i] += tape.adjoint(inputs[i]);
  });
  std::vector<double> sum(l.count, 0.0);
  for (const auto& part : parts)
    for (size_t i = 0; i < part.size(); ++i) sum[i] += part[i];
  return sum;
}

}  // namespace raywave::plane

// SPDX-License-Identifier: Apache-2.0
// A slow, obvious solver of reflections up to order two, with transmissions: every sequence of triangles, tried by
// mirroring the transmitter. Written apart from the library and without any of its code (not even its vectors), so that
// the two cannot share a fault.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <vector>

namespace twin {

using C = std::complex<double>;
constexpr double kPi = 3.14159265358979323846, kC = 299792458.0, kEps0 = 8.8541878128e-12;

struct V {
  double x = 0, y = 0, z = 0;
};
inline V operator+(V a, V b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline V operator-(V a, V b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline V operator*(double s, V a) { return {s * a.x, s * a.y, s * a.z}; }
inline double dot(V a, V b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline V cross(V a, V b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline double length(V a) { return std::sqrt(dot(a, a)); }
inline V unit(V a) { return (1 / length(a)) * a; }

struct Material {
  double permittivity = 1, conductivity = 0, thickness = 0.1;
  bool conductor = false;
};
struct Triangle {
  V a, b, c;
  int object = 0, material = 0;
};
struct Path {
  std::vector<V> points;    // ends included
  std::vector<char> kinds;  // of the inner points: R, T
  std::array<C, 4> transfer;
  double length = 0;
  /// Its polarisation is open: it turns in the line of two walls (in which order?) or runs along the polar axis.
  bool open = false;
  bool marginal = false;  // touches or passes a face's border: there or not by rounding
};

/// How far beyond a triangle's border a point still counts as inside, and how far apart points are one, metres: above
/// the rounding of coordinates of some ten metres, far below the scenes' features.
constexpr double kSame = 1e-9;
/// Paths that come nearer than this to a face's border are marginal, metres.
constexpr double kMarginal = 1e-6;

class Solver {
 public:
  Solver(std::vector<Triangle> triangles, std::vector<Material> materials, double frequency_hz)
      : triangles_(std::move(triangles)), materials_(std::move(materials)), frequency_hz_(frequency_hz) {
    for (const Triangle& t : triangles_) {
      normals_.push_back(unit(cross(t.b - t.a, t.c - t.a)));
      offsets_.push_back(dot(normals_.back(), t.a));
    }
  }

  /// @param max_depth  interactions; at most two of them reflections.
  std::vector<Path> solve(V tx, V rx, int max_depth, bool refraction) const {
    std::vector<Path> all;
    const size_t n = triangles_.size();
    attempt({}, {tx, rx}, max_depth, refraction, all);
    for (size_t i = 0; max_depth >= 1 && i < n; ++i) {
      V p;
      if (!meets(i, mirror(tx, i), rx, p) || side(i, tx) * side(i, rx) <= 0) continue;
      attempt({i}, {tx, p, rx}, max_depth, refraction, all);
    }
    for (size_t i = 0; max_depth >= 2 && i < n; ++i) {
      const V first = mirror(tx, i);
      for (size_t j = 0; j < n; ++j) {
        if (one_plane(i, j)) continue;
        V p, q;
        if (!meets(j, mirror(first, j), rx, q)) continue;
        if (std::abs(side(i, q)) < kSame && holds(i, q)) {
          if (!reaches(j, i, tx) || !reaches(i, j, rx)) continue;  // not in the angle between the walls
          p = q;                                                   // exactly where two walls meet
        } else if (!meets(i, first, q, p)) {
          continue;
        }
        if (side(i, tx) * side(i, q) < 0 || side(j, p) * side(j, rx) < 0) continue;
        attempt({i, j}, {tx, p, q, rx}, max_depth, refraction, all);
      }
    }
    return all;
  }

 private:
  double side(size_t i, V p) const { return dot(normals_[i], p) - offsets_[i]; }
  V mirror(V p, size_t i) const { return p - (2 * side(i, p)) * normals_[i]; }
  bool one_plane(size_t i, size_t j) const {
    const double c = dot(normals_[i], normals_[j]);
    return std::abs(std::abs(c) - 1) < 1e-12 && std::abs(offsets_[i] - (c > 0 ? 1 : -1) * offsets_[j]) < kSame;
  }
  bool holds(size_t i, V p, double margin = kSame) const {
    const Triangle& t = triangles_[i];
    const std::array<V, 4> corner{t.a, t.b, t.c, t.a};
    for (size_t k = 0; k < 3; ++k) {
      const V e = corner[k + 1] - corner[k];
      if (dot(cross(e, p - corner[k]), normals_[i]) < -margin * length(e)) return false;
    }
    return true;
  }
  /// Does a triangle reach to the side of another's plane that a point is on?
  bool reaches(size_t i, size_t plane, V point) const {
    const Triangle& t = triangles_[i];
    const double sign = side(plane, point) > 0 ? 1 : -1;
    return std::max({sign * side(plane, t.a), sign * side(plane, t.b), sign * side(plane, t.c)}) > kMarginal;
  }
  /// Where the line from a to b meets a triangle between them.
  bool meets(size_t i, V a, V b, V& p) const {
    const double da = side(i, a), db = side(i, b);
    if (!(da * db < 0)) return false;
    p = a + (da / (da - db)) * (b - a);
    return holds(i, p);
  }

  /// Do this triangle and those in its plane cover all places about a point of the plane?
  bool covered(size_t i, V p) const {
    const V u = unit(triangles_[i].b - triangles_[i].a), v = cross(normals_[i], u);
    for (int k = 0; k < 8; ++k) {
      const double angle = kPi / 4 * (k + 0.3);
      const V q = p + kMarginal * (std::cos(angle) * u + std::sin(angle) * v);
      bool any = false;
      for (size_t j = 0; j < triangles_.size() && !any; ++j) any = one_plane(i, j) && holds(j, q);
      if (!any) return false;
    }
    return true;
  }
  /// Does the segment pass a border of a face that is not at its ends, or end at one on a mirror? @param corner_a,
  /// corner_b does it end where two walls turn it?
  bool passes_a_border(V a, V b, long at_a, long at_b, bool corner_a, bool corner_b) const {
    for (size_t i = 0; i < triangles_.size(); ++i) {
      if ((at_a >= 0 && one_plane(i, size_t(at_a))) || (at_b >= 0 && one_plane(i, size_t(at_b)))) continue;
      const double da = side(i, a), db = side(i, b);
      if (std::min(std::abs(da), std::abs(db)) < kMarginal) {
        // along the plane, or an end in it
        if (std::abs(da) < kMarginal && std::abs(db) < kMarginal && along_a_face(i, a, b)) return true;
        const auto ends_at_border = [&](V p, double d, long at, bool corner) {
          return at >= 0 && !corner && std::abs(d) < kMarginal && holds(i, p, 10 * kMarginal) && !covered(i, p);
        };
        if (ends_at_border(a, da, at_a, corner_a) || ends_at_border(b, db, at_b, corner_b)) return true;
        continue;
      }
      if (da * db > 0) continue;
      const V p = a + (da / (da - db)) * (b - a);
      if (holds(i, p, 10 * kMarginal) && !covered(i, p)) return true;
    }
    return false;
  }
  /// Does a segment within a triangle's plane run over it or its border?
  bool along_a_face(size_t i, V a, V b) const {
    for (int k = 0; k <= 1000; ++k) {
      if (holds(i, a + (k / 1000.0) * (b - a), kMarginal)) return true;
    }
    return false;
  }

  struct Crossing {
    double t;
    size_t triangle;
  };
  /// What lies between a and b but for the planes that the ends are on; one entry for each object and place, and for
  /// each plane, of its first object there.
  std::vector<Crossing> between(V a, V b, long at_a, long at_b) const {
    std::vector<Crossing> out;
    for (size_t i = 0; i < triangles_.size(); ++i) {
      if ((at_a >= 0 && one_plane(i, size_t(at_a))) || (at_b >= 0 && one_plane(i, size_t(at_b)))) continue;
      V p;
      if (!meets(i, a, b, p)) continue;
      const double t = length(p - a) / length(b - a);
      const bool known = std::any_of(out.begin(), out.end(), [&](const Crossing& c) {
        return std::abs(c.t - t) * length(b - a) < kSame &&
               (triangles_[c.triangle].object == triangles_[i].object || one_plane(c.triangle, i));
      });
      if (!known) out.push_back({t, i});
    }
    std::sort(out.begin(), out.end(), [](const Crossing& x, const Crossing& y) { return x.t < y.t; });
    return out;
  }

  void attempt(const std::vector<size_t>& mirrors, const std::vector<V>& points, int max_depth, bool refraction,
               std::vector<Path>& all) const {
    // exactly where two walls meet a ray turns back by both
    const auto in_corner = [&](size_t k) {
      return length(points[k] - points[k - 1]) < 10 * kSame || length(points[k + 1] - points[k]) < 10 * kSame;
    };
    Path path;
    path.points.push_back(points[0]);
    std::vector<size_t> touched;
    for (size_t s = 0; s + 1 < points.size(); ++s) {
      const long at_a = s == 0 ? -1 : long(mirrors[s - 1]), at_b = s < mirrors.size() ? long(mirrors[s]) : -1;
      const bool corner_a = at_a >= 0 && in_corner(s), corner_b = at_b >= 0 && in_corner(s + 1);
      path.marginal = path.marginal || passes_a_border(points[s], points[s + 1], at_a, at_b, corner_a, corner_b) ||
                      (at_b >= 0 && !in_corner(s + 1) && !covered(size_t(at_b), points[s + 1]));
      path.open = path.open || (at_b >= 0 && in_corner(s + 1));
      path.length += length(points[s + 1] - points[s]);
    }
    if (path.marginal) return all.push_back(std::move(path));
    path.length = 0;
    for (size_t s = 0; s + 1 < points.size(); ++s) {
      const auto crossed = between(points[s], points[s + 1], s == 0 ? -1 : long(mirrors[s - 1]),
                                   s < mirrors.size() ? long(mirrors[s]) : -1);
      if (!refraction && !crossed.empty()) return;
      for (const Crossing& c : crossed) {
        if (materials_[size_t(triangles_[c.triangle].material)].conductor) return;
        path.points.push_back(points[s] + c.t * (points[s + 1] - points[s]));
        path.kinds.push_back('T');
        touched.push_back(c.triangle);
      }
      path.points.push_back(points[s + 1]);
      if (s < mirrors.size()) {
        path.kinds.push_back('R');
        touched.push_back(mirrors[s]);
      }
    }
    if (int(path.kinds.size()) > max_depth) return;
    for (const Path& other : all) {  // the same path over another triangle, or over a corner's walls in turn
      bool same = !other.marginal && other.kinds == path.kinds;
      for (size_t i = 0; same && i < path.points.size(); ++i)
        same = length(other.points[i] - path.points[i]) < 1e3 * kSame;
      if (same) return;
    }
    carry(path, touched);
    all.push_back(std::move(path));
  }

  struct Slab {
    C te, tm;
  };
  Slab slab(const Material& m, double cosine, bool reflects) const {
    if (m.conductor) return reflects ? Slab{-1.0, 1.0} : Slab{0.0, 0.0};
    const C eta(m.permittivity, -m.conductivity / (2 * kPi * frequency_hz_ * kEps0));
    C root = std::sqrt(eta - (1 - cosine * cosine));
    if (root.imag() > 0) root = -root;
    const C phase = std::exp(C(0, -2 * kPi * m.thickness * frequency_hz_ / kC) * root);
    const auto one = [&](C r) {
      const C below = 1.0 - r * r * phase * phase;
      return reflects ? r * (1.0 - phase * phase) / below : (1.0 - r * r) * phase / below;
    };
    return {one((cosine - root) / (cosine + root)), one((eta * cosine - root) / (eta * cosine + root))};
  }

  static std::array<V, 2> basis(V k) {
    const double theta = std::acos(std::clamp(k.z, -1.0, 1.0)), phi = std::atan2(k.y, k.x);
    return {V{std::cos(theta) * std::cos(phi), std::cos(theta) * std::sin(phi), -std::sin(theta)},
            V{-std::sin(phi), std::cos(phi), 0}};
  }

  void carry(Path& path, const std::vector<size_t>& touched) const {
    const auto& p = path.points;
    for (size_t i = 0; i + 1 < p.size(); ++i) path.length += length(p[i + 1] - p[i]);
    const V k0 = unit(p[1] - p[0]), k1 = unit(p[p.size() - 1] - p[p.size() - 2]);
    for (const V k : {k0, k1}) path.open = path.open || std::hypot(k.x, k.y) < 1e-6;
    const auto launched = basis(k0), received = basis(-1.0 * k1);
    for (size_t column = 0; column < 2; ++column) {
      const V start = launched[column];
      std::array<C, 3> e{start.x, start.y, start.z};
      const auto along = [&](V v) { return e[0] * v.x + e[1] * v.y + e[2] * v.z; };
      V out = k0;
      for (size_t i = 0; i < touched.size(); ++i) {
        const V in = out, n = normals_[touched[i]];
        if (path.kinds[i] == 'R') out = in - (2 * dot(in, n)) * n;
        V te = cross(in, n);
        if (length(te) < 1e-9) te = cross(std::abs(n.x) < 0.9 ? V{1, 0, 0} : V{0, 1, 0}, n);
        te = unit(te);
        const V tm = cross(te, in), tm_out = cross(te, out);
        const Slab s =
            slab(materials_[size_t(triangles_[touched[i]].material)], std::abs(dot(in, n)), path.kinds[i] == 'R');
        const C a = s.te * along(te), b = s.tm * along(tm);
        e = {a * te.x + b * tm_out.x, a * te.y + b * tm_out.y, a * te.z + b * tm_out.z};
      }
      const double spread = kC / frequency_hz_ / (4 * kPi * path.length);
      for (size_t row = 0; row < 2; ++row) path.transfer[2 * row + column] = spread * along(received[row]);
    }
  }

  std::vector<Triangle> triangles_;
  std::vector<Material> materials_;
  double frequency_hz_;
  std::vector<V> normals_;
  std::vector<double> offsets_;
};

}  // namespace twin

// SPDX-License-Identifier: Apache-2.0
#include "raywave/signal/facet_scattering.h"

#include <algorithm>
#include <cmath>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/core/error.h"
#include "raywave/core/spherical.h"
#include "raywave/runtime/parallel.h"

namespace raywave::signal {
namespace {

using ad::value_of;

template <class T>
using Outline = std::vector<Vec2<T>>;  // convex, counterclockwise

template <class T>
double area(const Outline<T>& p) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const auto &a = p[i], &b = p[(i + 1) % p.size()];
    sum += value_of(a.x) * value_of(b.y) - value_of(a.y) * value_of(b.x);
  }
  return 0.5 * sum;
}

/// Which side of the line from a to b, times its length.
template <class T>
T side(const Vec2<T>& a, const Vec2<T>& b, const Vec2<T>& p) {
  return cross(b - a, p - a);
}

struct Box {
  double x0, x1, y0, y1;
};
template <class T>
Box box_of(const Outline<T>& p) {
  Box b{INFINITY, -INFINITY, INFINITY, -INFINITY};
  for (const auto& v : p) {
    b.x0 = std::min(b.x0, value_of(v.x)), b.x1 = std::max(b.x1, value_of(v.x));
    b.y0 = std::min(b.y0, value_of(v.y)), b.y1 = std::max(b.y1, value_of(v.y));
  }
  return b;
}

/// Corners of an outline that are nearer to each other than this share of it are one: the line through two that differ
/// by rounding, which is 1e-16 of the distance from the origin, points anywhere. Side by side they are a billionth off.
constexpr double kOneCorner = 1e-9;

template <class T>
Outline<T> without_short_sides(const Outline<T>& p) {
  const Box b = box_of(p);
  const double least = kOneCorner * std::max(b.x1 - b.x0, b.y1 - b.y0);
  const auto is_near = [&](const Vec2<T>& v, const Vec2<T>& w) {
    return std::hypot(value_of(v.x) - value_of(w.x), value_of(v.y) - value_of(w.y)) <= least;
  };
  Outline<T> out;
  for (const auto& v : p) {
    if (out.empty() || !is_near(out.back(), v)) out.push_back(v);
  }
  while (out.size() > 1 && is_near(out.front(), out.back())) out.pop_back();
  return out.size() < 3 ? Outline<T>{} : out;
}

/// The part of a convex outline on the left of the line from a to b (right: the other part).
template <class T>
Outline<T> half(const Outline<T>& p, const Vec2<T>& a, const Vec2<T>& b, bool left) {
  Outline<T> out;
  for (size_t i = 0; i < p.size(); ++i) {
    const Vec2<T>&from = p[i], &to = p[(i + 1) % p.size()];
    const T s = side(a, b, from), e = side(a, b, to);
    const double sv = left ? value_of(s) : -value_of(s), ev = left ? value_of(e) : -value_of(e);
    if (sv >= 0) out.push_back(from);
    if ((sv > 0 && ev < 0) || (sv < 0 && ev > 0)) out.push_back(from + (s / (s - e)) * (to - from));
  }
  return without_short_sides(out);
}

template <class T>
Outline<T> intersection(Outline<T> p, const Outline<T>& q) {
  for (size_t i = 0; i < q.size() && !p.empty(); ++i) p = half(p, q[i], q[(i + 1) % q.size()], true);
  return p;
}

bool apart(const Box& a, const Box& b) { return a.x1 <= b.x0 || b.x1 <= a.x0 || a.y1 <= b.y0 || b.y1 <= a.y0; }

/// Parts smaller than this share of the smaller of two outlines are rounding along a common edge: a facet's edge is
/// exact to 1e-16 of its size, ten times as much would cut neighbours by nothing that radiates.
constexpr double kNothing = 1e-11;

/// Facets that are nearer to each other than this share of the larger one's longest edge coincide: coordinates that a
/// rotation has rounded are 1e-16 of their distance from the origin off, ten million sizes of a facet at most.
constexpr double kCoincident = 1e-9;

/// Takes convex q out of convex parts, which stay convex: outside one of its edges and inside those before.
template <class T>
void subtract(std::vector<Outline<T>>& parts, const Outline<T>& q, double smallest) {
  std::vector<Outline<T>> out;
  for (const Outline<T>& part : parts) {
    if (apart(box_of(part), box_of(q)) || area(intersection(part, q)) <= smallest) {
      out.push_back(part);
      continue;
    }
    Outline<T> rest = part;
    for (size_t i = 0; i < q.size() && !rest.empty(); ++i) {
      const Vec2<T>&a = q[i], &b = q[(i + 1) % q.size()];
      Outline<T> outside = half(rest, a, b, false);
      if (!outside.empty() && area(outside) > smallest) out.push_back(std::move(outside));
      rest = half(rest, a, b, true);
    }
  }
  parts = std::move(out);
}

template <class T>
struct Facet {
  Vec3<T> corner[3], normal;  // unit normal
  double size;                // longest edge
};

/// Coordinates across a direction: (u . r, v . r), depth w . r.
template <class T>
struct Across {
  Vec3<T> u, v, w;

  explicit Across(const Vec3<T>& direction) : w(direction) {
    const Vec3d d{value_of(direction.x), value_of(direction.y), value_of(direction.z)};
    const double x = std::abs(d.x), y = std::abs(d.y), z = std::abs(d.z);
    const Vec3<T> other = x <= y && x <= z   ? Vec3<T>{T(1), T(0), T(0)}
                          : y <= x && y <= z ? Vec3<T>{T(0), T(1), T(0)}
                                             : Vec3<T>{T(0), T(0), T(1)};
    u = normalized(cross(other, w));
    v = cross(w, u);
  }
  Vec2<T> flat(const Vec3<T>& r) const { return {dot(u, r), dot(v, r)}; }
  T depth(const Facet<T>& f, const Vec2<T>& p) const {
    const Vec3<T>& c = f.corner[0];  // from here on: what is far from the origin keeps its digits
    return dot(c, w) - (dot(f.normal, u) * (p.x - dot(u, c)) + dot(f.normal, v) * (p.y - dot(v, c))) / dot(f.normal, w);
  }
  Vec3<T> lifted(const Facet<T>& f, const Vec2<T>& p) const { return p.x * u + p.y * v + depth(f, p) * w; }
};

/// A facet seen along a direction, within the beam.
template <class T>
struct Seen {
  int facet;
  Outline<T> outline;
  Box box;
};

/// exp[j a0, j a1, j a2]: the second divided difference, by the series about the mean (arguments within 1 of it).
template <class T>
Complex<T> divided_exponential(const T& a0, const T& a1, const T& a2) {
  const T mean = (a0 + a1 + a2) / T(3), x = a0 - mean, y = a1 - mean, z = a2 - mean;
  // complete homogeneous polynomials by h_m(x, y, z) = h_m(x, y) + z h_(m-1)(x, y, z)
  T h1 = T(1), h2 = T(1), h3 = T(1);
  Complex<T> sum{T(0.5), T(0)};
  double factorial = 2;
  for (int m = 1; m <= 18; ++m) {
    h1 = h1 * x;
    h2 = h1 + y * h2;
    h3 = h2 + z * h3;
    factorial *= m + 2;
    const T term = h3 * T((m / 2) % 2 ? -1 / factorial : 1 / factorial);
    if (m % 2) {
      sum.im += term;
    } else {
      sum.re += term;
    }
  }
  using std::cos;
  using std::sin;
  return Complex<T>{cos(mean), sin(mean)} * sum;
}

/// Integral of exp(j w . r) over a polygon with this unit normal (counterclockwise about it).
template <class T>
Complex<T> polygon_integral(const std::vector<Vec3<T>>& p, const Vec3<T>& normal, const Vec3<T>& w) {
  using std::cos;
  using std::sin;
  const Vec3<T> along = w - dot(w, normal) * normal;
  double low = INFINITY, high = -INFINITY;
  for (const auto& r : p) {
    const double a = value_of(dot(w, r));
    low = std::min(low, a), high = std::max(high, a);
  }
  Complex<T> sum{};
  if (high - low < 1) {
    for (size_t i = 1; i + 1 < p.size(); ++i) {
      const T twice = dot(normal, cross(p[i] - p[0], p[i + 1] - p[0]));
      sum += twice * divided_exponential(dot(w, p[0]), dot(w, p[i]), dot(w, p[i + 1]));
    }
    return sum;
  }
  for (size_t i = 0; i < p.size(); ++i) {
    const Vec3<T>&a = p[i], &b = p[(i + 1) % p.size()], edge = b - a;
    const T middle = T(0.5) * dot(w, a + b), x = T(0.5) * dot(w, edge);
    const T x2 = x * x;
    const T sinc = std::abs(value_of(x)) < 0.05
                       ? T(1) - x2 / T(6) * (T(1) - x2 / T(20) * (T(1) - x2 / T(42)))  // leaves 1e-16
                       : sin(x) / x;
    const T weight = dot(along, cross(edge, normal)) * sinc;
    sum += Complex<T>{weight * cos(middle), weight * sin(middle)};
  }
  const T scale = T(1) / norm2(along);
  return Complex<T>{sum.im * scale, -(sum.re * scale)};  // over j
}

template <class T>
struct Beam {
  Vec3<T> direction;
  Vec3<T> field[2];  // of what was sent along theta and phi
  T path;            // phase exp(-j k (direction . r + path))
  int from = -1;     // the facet that reflected it
  std::vector<Vec3<T>> window;
};

/// One mesh, one direction: follows beams and adds what their parts send.
template <class T>
class Scatterer {
 public:
  Scatterer(const std::vector<Facet<T>>& facets, double wavenumber, const ScatteringAngles& angles, int max_bounces)
      : facets_(facets), k_(wavenumber), observer_(Vec3<T>(angles.to_receiver)), max_bounces_(max_bounces) {
    const auto [theta, phi] = jones_basis(angles_of(angles.to_receiver));
    receive_[0] = Vec3<T>(theta), receive_[1] = Vec3<T>(phi);
  }

  /// [2, 2]
  std::array<Complex<T>, 4> run(const Vec3d& to_transmitter) {
    Beam<T> beam;
    beam.direction = Vec3<T>(-to_transmitter);
    const auto [theta, phi] = jones_basis(angles_of(to_transmitter));
    beam.field[0] = Vec3<T>(theta), beam.field[1] = Vec3<T>(phi);
    beam.path = T(0);
    follow(beam, 1);
    return sum_;
  }

 private:
  /// Facets in front of `from` (of a beam) along a direction, cut to the window.
  std::vector<Seen<T>> seen(const Across<T>& across, int from, const Outline<T>& window) const {
    std::vector<Seen<T>> out;
    const Box frame = box_of(window);
    for (size_t f = 0; f < facets_.size(); ++f) {
      if (int(f) == from) continue;
      const Facet<T>& facet = facets_[f];
      if (std::abs(value_of(dot(facet.normal, across.w))) < 1e-9) continue;  // seen as a line
      Outline<T> p;
      for (const auto& c : facet.corner) p.push_back(across.flat(c));
      if (area(p) < 0) std::swap(p[1], p[2]);
      if (!window.empty()) {
        if (apart(box_of(p), frame)) continue;
        const double whole = std::min(area(p), area(window));
        p = intersection(p, window);
        if (p.empty() || area(p) <= kNothing * whole) continue;
        if (from >= 0 && order(across, int(f), from, p) <= 0) continue;
      }
      const Box box = box_of(p);
      out.push_back({int(f), std::move(p), box});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.box.x0 < b.box.x0; });
    return out;
  }

  /// Where facet f lies of g where both cover p: 1 beyond, -1 before, 0 where they coincide. They do not pass through
  /// each other, so that the place where they are farthest apart says it for all.
  int order(const Across<T>& across, int f, int g, const Outline<T>& p) const {
    const Facet<T>&a = facets_[size_t(f)], &b = facets_[size_t(g)];
    double gap = 0;
    for (const auto& v : p) {
      const double d = value_of(across.depth(a, v)) - value_of(across.depth(b, v));
      if (std::abs(d) > std::abs(gap)) gap = d;
    }
    // Across the facets, not along the sight, whose depths at grazing are anything.
    const double steep =
        std::min(std::abs(value_of(dot(a.normal, across.w))), std::abs(value_of(dot(b.normal, across.w))));
    if (std::abs(gap) * steep <= kCoincident * std::max(a.size, b.size)) return 0;
    return gap > 0 ? 1 : -1;
  }
  /// Of two facets that coincide the first one hides the other: what is there twice counts once.
  bool hidden(const Across<T>& across, int f, int by, const Outline<T>& p) const {
    const int o = order(across, f, by, p);
    return o > 0 || (o == 0 && by < f);
  }

  /// What of `target` no other one hides.
  std::vector<Outline<T>> lit(const Across<T>& across, const std::vector<Seen<T>>& all, const Seen<T>& target) const {
    std::vector<Outline<T>> parts{target.outline};
    for (const Seen<T>& other : all) {
      if (other.box.x0 >= target.box.x1) break;
      if (other.facet == target.facet || apart(other.box, target.box)) continue;
      const double smallest = kNothing * std::min(area(other.outline), area(target.outline));
      const Outline<T> common = intersection(target.outline, other.outline);
      if (common.empty() || area(common) <= smallest || !hidden(across, target.facet, other.facet, common)) continue;
      subtract(parts, other.outline, smallest);
      if (parts.empty()) break;
    }
    return parts;
  }

  void follow(const Beam<T>& beam, int bounce) {
    const Across<T> across(beam.direction);
    Outline<T> window;
    for (const auto& r : beam.window) window.push_back(across.flat(r));
    if (!window.empty() && area(window) < 0) std::reverse(window.begin(), window.end());
    const std::vector<Seen<T>> all = seen(across, beam.from, window);
    for (const Seen<T>& target : all) {
      const Facet<T>& facet = facets_[size_t(target.facet)];
      const bool front = value_of(dot(facet.normal, beam.direction)) < 0;
      const Vec3<T> normal = front ? facet.normal : -facet.normal;
      for (const Outline<T>& part : lit(across, all, target)) {
        std::vector<Vec3<T>> polygon;
        for (const auto& p : part) polygon.push_back(across.lifted(facet, p));
        send(beam, target.facet, normal, polygon);
        if (bounce < max_bounces_) follow(reflected(beam, target.facet, normal, std::move(polygon)), bounce + 1);
      }
    }
  }

  Beam<T> reflected(const Beam<T>& beam, int facet, const Vec3<T>& normal, std::vector<Vec3<T>>&& polygon) const {
    Beam<T> out;
    const T along = dot(normal, beam.direction);
    out.direction = beam.direction - T(2) * along * normal;
    for (int i = 0; i < 2; ++i) out.field[i] = T(2) * dot(normal, beam.field[i]) * normal - beam.field[i];
    out.path = beam.path + T(2) * along * dot(normal, polygon[0]);
    out.from = facet;
    out.window = std::move(polygon);
    return out;
  }

  /// The part's current to the observer, where it sees it.
  void send(const Beam<T>& beam, int f, const Vec3<T>& normal, const std::vector<Vec3<T>>& polygon) {
    if (value_of(dot(normal, observer_)) <= 0) return;
    const Vec3<T> w = T(k_) * (observer_ - beam.direction);
    Complex<T> integral{};
    for (const auto& p : visible(f, normal, polygon)) integral += polygon_integral(p, normal, w);
    using std::cos;
    using std::sin;
    const T phase = T(-k_) * beam.path;
    const Complex<T> turned = Complex<T>{cos(phase), sin(phase)} * integral;
    const T scale(-k_ / std::sqrt(kPi));
    for (size_t p = 0; p < 2; ++p) {
      const Vec3<T> current = cross(normal, cross(beam.direction, beam.field[p]));
      for (size_t q = 0; q < 2; ++q) {
        const T weight = scale * dot(receive_[q], current);
        sum_[2 * q + p] += Complex<T>{-(weight * turned.im), weight * turned.re};
      }
    }
  }

  /// Parts of a polygon on facet f that the observer sees, counterclockwise about the normal.
  std::vector<std::vector<Vec3<T>>> visible(int f, const Vec3<T>& normal, const std::vector<Vec3<T>>& polygon) const {
    const Across<T> across(observer_);
    Seen<T> target{f, {}, {}};
    for (const auto& r : polygon) target.outline.push_back(across.flat(r));
    if (area(target.outline) < 0) std::reverse(target.outline.begin(), target.outline.end());
    target.box = box_of(target.outline);
    std::vector<Outline<T>> parts{target.outline};
    for (size_t g = 0; g < facets_.size() && !parts.empty(); ++g) {
      if (int(g) == f || std::abs(value_of(dot(facets_[g].normal, observer_))) < 1e-9) continue;
      // nothing beyond the observer's side of the facet hides it
      bool beside = true;
      for (const auto& c : facets_[g].corner)
        beside = beside && value_of(dot(normal, c)) - value_of(dot(normal, polygon[0])) <= 0;
      if (beside) continue;
      Outline<T> p;
      for (const auto& c : facets_[g].corner) p.push_back(across.flat(c));
      if (area(p) < 0) std::swap(p[1], p[2]);
      if (apart(box_of(p), target.box)) continue;
      const double smallest = kNothing * std::min(area(p), area(target.outline));
      const Outline<T> common = intersection(target.outline, p);
      // depth grows towards the observer; of facets that coincide the one that is lit is the one that is seen
      if (common.empty() || area(common) <= smallest || order(across, int(g), f, common) <= 0) continue;
      subtract(parts, p, smallest);
    }
    std::vector<std::vector<Vec3<T>>> out;
    for (const Outline<T>& part : parts) {
      out.emplace_back();
      for (const auto& p : part) out.back().push_back(across.lifted(facets_[size_t(f)], p));
    }
    return out;
  }

  const std::vector<Facet<T>>& facets_;
  double k_;
  Vec3<T> observer_;
  Vec3<T> receive_[2];
  int max_bounces_;
  std::array<Complex<T>, 4> sum_{};
};

template <class T>
std::vector<Facet<T>> facets_of(const std::vector<Vec3<T>>& vertices, const ScatteringMesh& mesh) {
  std::vector<Facet<T>> out;
  for (const auto& t : mesh.triangles) {
    Facet<T> f;
    for (int i = 0; i < 3; ++i) f.corner[i] = vertices[size_t(t[size_t(i)])];
    const Vec3<T> twice = cross(f.corner[1] - f.corner[0], f.corner[2] - f.corner[0]);
    if (value_of(norm2(twice)) == 0) continue;  // no area, nothing scattered
    f.normal = normalized(twice);
    f.size = 0;
    for (int i = 0; i < 3; ++i)
      f.size = std::max(f.size, std::sqrt(value_of(norm2(f.corner[(i + 1) % 3] - f.corner[i]))));
    out.push_back(f);
  }
  return out;
}

void check(const ScatteringMesh& mesh, double frequency_hz, const std::vector<ScatteringAngles>& angles,
           const ScatteringOptions& options) {
  mesh.validate();
  require_positive("frequency_hz", frequency_hz);
  if (options.max_bounces < 1) throw Error(message("max_bounces must be >= 1, got ", options.max_bounces));
  for (const auto& a : angles) {
    for (const Vec3d& d : {a.to_transmitter, a.to_receiver}) {
      if (!(std::abs(norm2(d) - 1) < 1e-9)) throw Error("directions must be unit vectors");
    }
  }
}

}  // namespace

void ScatteringMesh::validate() const {
  for (const Vec3d& v : vertices_m) {
    if (!is_finite(v)) throw Error("vertices_m holds a coordinate that is not finite");
  }
  for (const auto& t : triangles) {
    for (const int i : t) {
      if (i < 0 || size_t(i) >= vertices_m.size())
        throw Error(message("a triangle names vertex ", i, " of ", vertices_m.size()));
    }
  }
}

std::vector<Complexd> scattering(const ScatteringMesh& mesh, double frequency_hz,
                                 const std::vector<ScatteringAngles>& angles, const ScatteringOptions& options) {
  check(mesh, frequency_hz, angles, options);
  const auto facets = facets_of(mesh.vertices_m, mesh);
  std::vector<Complexd> out(4 * angles.size());
  runtime::parallel_for(int64_t(angles.size()), options.num_threads, [&](int64_t i) {
    const ScatteringAngles& a = angles[size_t(i)];
    const auto m =
        Scatterer<double>(facets, 2 * kPi * frequency_hz / kSpeedOfLight, a, options.max_bounces).run(a.to_transmitter);
    std::copy(m.begin(), m.end(), out.begin() + 4 * i);
  });
  return out;
}

std::vector<Vec3d> scattering_vjp(const ScatteringMesh& mesh, double frequency_hz,
                                  const std::vector<ScatteringAngles>& angles, const std::vector<Complexd>& cotangent,
                                  const ScatteringOptions& options) {
  check(mesh, frequency_hz, angles, options);
  if (cotangent.size() != 4 * angles.size())
    throw Error(message("the cotangent has ", cotangent.size(), " numbers, the scattering ", 4 * angles.size()));
  const size_t count = mesh.vertices_m.size();
  std::vector<std::vector<Vec3d>> parts(angles.size());
  runtime::parallel_for(int64_t(angles.size()), options.num_threads, [&](int64_t i) {
    const ScatteringAngles& a = angles[size_t(i)];
    ad::Tape tape;
    const ad::Recording recording(tape);
    std::vector<Vec3<ad::Var>> vertices;
    for (const Vec3d& v : mesh.vertices_m) vertices.push_back({tape.input(v.x), tape.input(v.y), tape.input(v.z)});
    const auto facets = facets_of(vertices, mesh);
    const auto m = Scatterer<ad::Var>(facets, 2 * kPi * frequency_hz / kSpeedOfLight, a, options.max_bounces)
                       .run(a.to_transmitter);
    for (size_t k = 0; k < 4; ++k) {
      tape.seed(m[k].re, cotangent[4 * size_t(i) + k].re);
      tape.seed(m[k].im, cotangent[4 * size_t(i) + k].im);
    }
    tape.sweep();
    for (const auto& v : vertices)
      parts[size_t(i)].push_back({tape.adjoint(v.x), tape.adjoint(v.y), tape.adjoint(v.z)});
  });
  std::vector<Vec3d> out(count);
  for (const auto& part : parts) {
    for (size_t v = 0; v < count; ++v) out[v] += part[v];
  }
  return out;
}

}  // namespace raywave::signal

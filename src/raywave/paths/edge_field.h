// SPDX-License-Identifier: Apache-2.0
// What edges do to a path's field, over any scalar: the geometry that a wedge's coefficient takes from the path, shares
// near corners, and the joint transition functions of several edges.
//
// Spreading. Without edges and over one edge: lambda / (4 pi L), L the path's whole length (the wedge's matrix holds
// the rest). Over N edges with lengths r0 ... rN between the ends and the edges, and H the (tridiagonal) Hessian of the
// path's length in the points on the edges: stationary phase gives the amplitude D_1 ... D_N sin b_1 ... sin b_N /
// (r0 ... rN sqrt(det H)), from which the distance parameters follow so that each boundary of one edge is continuous
// when seen over the others. With s_i = sin^2 b_i and the skewness k_ij.. = det H_ij.. r.. / (s_i s_j .. r_total) of
// neighbours, which is 1 for parallel edges, L_i = s_i r_i-1 r_i / (r_i-1 + r_i) times k_12 (two edges), and for three
// times k_12 k (first), k_12 k_23 (middle), k_23 k (last), k = k_123 / (k_12 k_23). Symmetric in the direction. Where
// an edge lies in its neighbour's transition zone, and along a face that they share (a roof), the product of transition
// functions becomes the joint one, W2 or W3 of em/transition.h, with the correlations rho of H.
// Along a face each ray is there twice, as the direct one and as the reflected one: half of it is incident. Both faces
// of a sheet carry a ray between two of its edges: the path is the sum over the faces.
// Differentiable in: positions, normals, materials, wavelength. Not in: what is touched.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "raywave/core/constants.h"
#include "raywave/em/utd.h"
#include "raywave/paths/edge_geometry.h"

namespace raywave::paths {
namespace path_field_detail {

/// p and q of em::EdgeMatrix for a direction.
template <class T>
struct EdgeBasis {
  Vec3<T> q, p;
  RAYWAVE_HD EdgeBasis(const Vec3<T>& k, const Vec3<T>& e, const T& sin_beta) : p(cross(k, e) / sin_beta) {
    q = cross(p, k);
  }
};

template <class T>
class Wedging {
 public:
  RAYWAVE_HD_CALL Wedging(const Touch<T>& touch, const EdgeFacts& facts, const EdgeGeometry<T>& g,
                          const T& wavelength_m)
      : touch_(touch),
        wavelength_m_(wavelength_m),
        alone_(g.alone),
        flat_(g.flat),
        k_l_free_(T(2 * kPi) / wavelength_m * free_distance(g)),
        in_(g.k_in, touch.bend.wedge.direction, g.sin_in),
        out_(g.k_out, touch.bend.wedge.direction, g.sin_out) {
    using std::sqrt;
    const WedgeFrame<T>& w = touch.bend.wedge;
    const T wavenumber = T(2 * kPi) / wavelength_m;
    ray_.exterior_angle = w.exterior_angle;
    ray_.phi_in = azimuth_on(facts.arrives_on, facts.arrives_along, -g.k_in, w, touch.transmits);
    ray_.phi_out = azimuth_on(facts.leaves_on, facts.leaves_along, g.k_out, w, touch.transmits);
    ray_.sin_beta = T(0.5) * (g.sin_in + g.sin_out);
    ray_.cos_beta = T(0.5) * (dot(g.k_in, w.direction) + dot(g.k_out, w.direction));
    ray_.k_l = wavenumber * g.l;
    const T t = dot(touch.point - w.origin, w.direction);
    const auto end = [&](const T& along) {
      return along * sqrt(wavenumber * g.skew * excess_length(g.before, g.after, ray_.cos_beta, along));
    };
    ray_.end_a = end(w.lo - t);
    ray_.end_b = end(w.hi - t);
    if (facts.vertex.end != 0) {
      T& at = facts.vertex.end < 0 ? ray_.end_a : ray_.end_b;
      at = at + T(facts.vertex.along - ad::value_of(at));
    }
    fade_ = fade(ray_.end_a > T(0) ? ray_.end_a : -ray_.end_b);
    if (facts.shares_begin) corners_[num_corners_++] = -ray_.end_a;
    if (facts.shares_end) corners_[num_corners_++] = ray_.end_b;
    for (const size_t side : {0, 1}) {
      if (g.crosses_beyond[side] != 0) corners_[num_corners_++] = T(g.crosses_beyond[side]) * end(g.crossing[side]);
    }
    if (is_past(facts.arrives_along)) go_past(facts, false, -g.k_in, g.k_out, g);
    if (is_past(facts.leaves_along)) go_past(facts, true, g.k_out, -g.k_in, g);
    for (const size_t at : {0, 1}) {
      if (!touch.rims[at].is_there) continue;
      if (is_beside_faces(facts.arrives_along)) end_sheet(at, false, -g.k_in, g.k_out, g);
      if (is_beside_faces(facts.leaves_along)) end_sheet(at, true, g.k_out, -g.k_in, g);
    }
    ray_.transmits = touch.transmits;
    ray_.sides = facts.sides;
  }

  RAYWAVE_HD_CALL em::EdgeMatrix<T> matrix() const {
    if (!goes_past_ && num_sheet_ends_ == 0 && touch_.edge.vertex.end == 0) {
      return Complex<T>{fade_, T(0)} * em::diffraction_matrix(ray_, *touch_.face_0, *touch_.face_n, wavelength_m_);
    }
    const T infinity(std::numeric_limits<double>::infinity());
    em::EdgeMatrix<T> m{};
    for (const auto& t : boundary_terms()) {
      m = m + (share(t.v) * em::edge_transition(t.v, -infinity, infinity)) * on_sheet(t.coefficient, t.v);
    }
    return m;
  }
  /// The matrix in its terms, without their transition functions but with what the edge's ends leave of them.
  RAYWAVE_HD_CALL std::array<em::BoundaryTerm<T>, 4> terms() const {
    auto terms = boundary_terms();
    for (auto& t : terms) t.coefficient = share(alone_ * t.v) * on_sheet(t.coefficient, alone_ * t.v);
    return terms;
  }
  RAYWAVE_HD_CALL CVec3<T> apply(const em::EdgeMatrix<T>& m, const CVec3<T>& e) const {
    const Complex<T> q = dot(e, in_.q), p = dot(e, in_.p);
    return (m.qq * q + m.qp * p) * out_.q + (m.pq * q + m.pp * p) * out_.p;
  }

 private:
  RAYWAVE_HD_CALL std::array<em::BoundaryTerm<T>, 4> boundary_terms() const {
    auto terms = em::boundary_terms(ray_, *touch_.face_0, *touch_.face_n, wavelength_m_);
    const EdgeFacts::Vertex& vertex = touch_.edge.vertex;
    if (vertex.end == 0) return terms;
    constexpr std::array<size_t, 4> kBoundary{0, 0, 2, 1};
    for (size_t b = 0; b < 4; ++b) {
      const double v = ad::value_of(terms[b].v);
      if (touch_.edge.sides[kBoundary[b]] == 0 || !(std::abs(v) < kVertex)) continue;
      terms[b].v = terms[b].v + T(std::copysign(vertex.beside[kBoundary[b]], v) - v);
    }
    return terms;
  }
  /// What the edge's ends leave of a term, past a corner as seen from beside.
  RAYWAVE_HD_CALL Complex<T> share(const T& v) const {
    using std::sqrt;
    T size = fade_;
    for (size_t i = 0; i < num_corners_; ++i) size = size * open(corners_[i], flat_ + v * v);
    for (size_t i = 0; i < num_past_; ++i) {
      const T &inside = past_corners_[i], &flat = past_flat_[i];
      size = size * (T(1) - open(inside, flat + v * v) * open(inside, flat));
    }
    const T beside = goes_past_ && depth2_ > T(0) ? sqrt(v * v + depth2_) : v;
    const Complex<T> rest = size * em::edge_share(beside, ray_.end_a, ray_.end_b);
    return goes_past_ ? past_ * rest : rest;
  }
  /// See end_sheet().
  RAYWAVE_HD_CALL em::EdgeMatrix<T> on_sheet(em::EdgeMatrix<T> m, const T& v) const {
    for (size_t i = 0; i < num_sheet_ends_; ++i) {
      const SheetEnd& s = sheet_ends_[i];
      const T v2 = v * v, sum = v2 + s.depth2;
      if (!(sum > T(0))) continue;
      const T faded = T(1) - open(s.inside, s.flat + v2) * open(s.inside_next, s.flat);
      const Complex<T> left = Complex<T>{T(1), T(0)} - (faded * v2 / sum) * s.near;
      (s.leaves ? m.pq : m.qp) = left * (s.leaves ? m.pq : m.qp);
      m.pp = left * m.pp;
    }
    return m;
  }
  /// Near a corner two edges are one vertex: nothing at it, all from kEdgeFade on, and from as much nearer on as the
  /// legs are near the plane of the face between them, and a term near its boundary (flat: their squares, in the units
  /// of W): there geometrical optics passes the corner on one side or the other.
  RAYWAVE_HD_CALL static T open(const T& inside, const T& flat) {
    using std::sqrt;
    const double at = ad::value_of(inside), flatness = ad::value_of(flat);
    if (!std::isfinite(flatness)) return T(1) - fall(T(1 / kEdgeFade) * inside);
    if (!(at < kEdgeFade * std::sqrt(flatness / (flatness + 1)))) return T(1);
    if (!(at > 0)) return T(0);
    return T(1) - fall(T(1 / kEdgeFade) * inside * sqrt(T(1) + T(1) / flat));
  }
  /// One end (in direction v, `length` away, the other in direction `other`) lies past a corner, behind the face that
  /// goes on there.
  RAYWAVE_HD_CALL void go_past(const EdgeFacts& facts, bool leaves, const Vec3<T>& v, const Vec3<T>& other,
                               const EdgeGeometry<T>& g) {
    using std::abs;
    using std::sin;
    using std::sqrt;
    const WedgeFrame<T>& w = touch_.bend.wedge;
    const OnFace face = leaves ? facts.leaves_on : facts.arrives_on;
    // from the face's plane, its continuation over the edge: in (-pi, pi], positive behind it
    const auto behind = [&](const Vec3<T>& u, double straight) {
      const T phi = azimuth(u, w, true);
      const T angle = (face == OnFace::kFace0 ? -phi : phi - w.exterior_angle) - T(straight);
      return angle + T(2 * kPi * std::round(-ad::value_of(angle) / (2 * kPi)));
    };
    const auto depth = [&](const T& angle) { return sqrt(T(2) * ray_.k_l) * sin(T(0.5) * angle); };
    const T angle = behind(v, 0), d = depth(angle), inside = facts.past_end[leaves ? 1 : 0] ? ray_.end_b : -ray_.end_a;
    const T free = face_depth(w, face, other, k_l_free_);
    past_corners_[num_past_] = inside;
    past_flat_[num_past_++] = free * free + d * d;
    const T size = fall(T(1 / kPastReach) * d) * fall(angle / (T(2 * kPi) - w.exterior_angle));
    past_ = beyond_next(facts, leaves, v, g, d) * past_;
    // The share of this edge's field, as seen from the other leg's depth x; the rest is the next edge's.
    const T x = abs(depth(behind(other, kPi))), x2 = x * x, sum = x2 + d * d;
    const T own = sum > T(0) ? x2 / sum : T(1), window = fall(T(1 / kInPlane) * x);
    const T infinity(std::numeric_limits<double>::infinity());
    if (facts.in_front[face == OnFace::kFace0 ? 0 : 1]) {
      const T rest = (T(1) - own) * fall(T(1 / kInPlane) * d);
      // within rounding of the plane d may be on its other side
      past_ =
          past_ * (Complex<T>{size * own, T(0)} + (size * rest) * em::edge_transition(T(abs(d)), -infinity, infinity));
    } else {
      past_ = (size * own * (T(1) - window)) * past_;
    }
    depth2_ = depth2_ + d * d;
    goes_past_ = true;
  }

  /// The leg past the corner, d behind the face that went on, runs along the next face, which bounds that one and ends
  /// in a corner farther on. There an edge takes over what is on the other side: of the end p of the path this is the
  /// complement of that edge's share, the one limit from the other, continuous about the corner.
  RAYWAVE_HD_CALL Complex<T> beyond_next(const EdgeFacts& facts, bool leaves, const Vec3<T>& v,
                                         const EdgeGeometry<T>& g, const T& d) const {
    const OnFace face = leaves ? facts.leaves_on : facts.arrives_on;
    const auto& next = touch_.past[leaves ? 1 : 0][face == OnFace::kFace0 ? 0 : 1];
    if (!next.is_there) return {T(1), T(0)};
    using std::abs;
    using std::cos;
    using std::sin;
    using std::sqrt;
    const WedgeFrame<T>& w = touch_.bend.wedge;
    const bool at_end = facts.past_end[leaves ? 1 : 0];
    const T &length = leaves ? g.after : g.before, &behind = leaves ? g.before : g.after;
    const Vec3<T> p = touch_.point + length * v, corner = w.origin + (at_end ? w.hi : w.lo) * w.direction;
    const T out((ad::value_of(dot(next.normal, w.direction)) > 0) == at_end ? 1 : -1);
    const Vec3<T> own = face == OnFace::kFace0
                            ? w.n0
                            : sin(w.exterior_angle) * w.t0 - cos(w.exterior_angle) * w.n0;  // of the face that went on
    const T across = least_sine(dot(next.normal, normalized(cross(v, own))));
    const T x = over_height(ray_.k_l, out * (dot(next.normal, p) - next.offset) / across, norm(p - corner));
    const T infinity(std::numeric_limits<double>::infinity());
    const T sin_beta = norm(cross(v, w.direction));
    const Complex<T> outside = Complex<T>{T(1), T(0)} - em::edge_share(T(abs(d)) * sin_beta, x, infinity);
    const Complex<T> off =
        off_face(at_end ? ray_.end_b : -ray_.end_a, outside, over_next(next, at_end, v, length, behind).share, d);
    return fall((-x - T(kOverFade)) / T(kOverReach - kOverFade)) * off;
  }

  /// How steeply a leg passes the next edge: where it hardly does, heights over that count as far.
  RAYWAVE_HD static T least_sine(const T& sine) {
    using std::abs;
    return abs(sine) > T(1e-3) ? abs(sine) : T(1e-3);
  }

  /// How much of a leg's end is off the face that the leg runs along. @param inside  how far its edge's point is from
  /// the corner, negative beyond it, in the units of W: from there the leg comes over the next edge from outside.
  /// @param outside  of the leg's end, beyond the next edge's line. @param share  of that edge as far as it reaches.
  /// @param depth  of the leg's end below the face, in the units of W: on it the two are the same at the corner.
  RAYWAVE_HD static Complex<T> off_face(const T& inside, const Complex<T>& outside, const Complex<T>& share,
                                        const T& depth) {
    using std::sqrt;
    const Complex<T> leaves = outside * share;
    if (!(inside < T(0))) return leaves;
    const Complex<T> comes = outside + share - leaves;
    return comes + fall(-inside * sqrt(T(1) + T(1) / (depth * depth))) * (leaves - comes);
  }

  /// Of a leg (in direction v, `length` long, the path `behind` long before it) that runs along the plane of this edge
  /// and the next one, past their corner at this one's `at_end`.
  struct OverNext {
    T inside;          // from the corner to where the leg is over the next edge, in the units of W; infinite: nowhere
    Complex<T> share;  // of the next edge with respect to its other end, where the edge after it takes over
  };
  RAYWAVE_HD_CALL OverNext over_next(const typename Touch<T>::NextEdge& next, bool at_end, const Vec3<T>& v,
                                     const T& length, const T& behind) const {
    using std::abs;
    using std::sqrt;
    const T infinity(std::numeric_limits<double>::infinity());
    OverNext over{infinity, {T(1), T(0)}};
    const Vec3<T>&e = touch_.bend.wedge.direction, &p = touch_.point;
    const Vec3<T> along = normalized(next.end - next.begin), normal = normalized(cross(e, along));
    const T half_k = T(kPi) / wavelength_m_, total = behind + length;
    const Vec3<T> across = cross(normal, along);
    const T speed = dot(across, v), distance = dot(across, next.begin - p);
    if (distance * speed > T(0) && abs(distance) < length * abs(speed)) {
      const T r = distance / speed, t = dot(p + r * v - next.begin, along);
      over.inside = t * sqrt(T(2) * half_k * excess_length(behind + r, length - r, dot(v, along), -t));
    }
    const T r = dot(next.end - p, v);
    const Vec3<T> beside = cross(normal, v);
    if (!(r < length) || !(behind + r > T(0)) || !(dot(beside, beside) > T(1e-6))) return over;
    // across the leg, towards the next edge's other end as seen from within this edge
    const Vec3<T> side = at_end ? normalized(beside) : -normalized(beside);
    const T before = behind + r, after = length - r;
    const T depth = abs(dot(normal, v)) * sqrt(half_k * before * after / total);
    over.share = em::edge_share(depth, -infinity, dot(next.end - p, side) * sqrt(half_k * total / (before * after)));
    return over;
  }

  /// A leg along a conducting sheet (in direction v; the other one in direction `other`) that leaves it over its next
  /// edge. Beyond that, in the sheet's plane, the field across it that the sheet scatters is odd and therefore 0, which
  /// the path over both edges brings about; near their corner, where that is faded out, this edge's own is, as much.
  RAYWAVE_HD_CALL void end_sheet(size_t end, bool leaves, const Vec3<T>& v, const Vec3<T>& other,
                                 const EdgeGeometry<T>& g) {
    using std::abs;
    using std::sin;
    using std::sqrt;
    const WedgeFrame<T>& w = touch_.bend.wedge;
    const auto& rim = touch_.rims[end];
    const T phi = leaves ? ray_.phi_out : ray_.phi_in, angle = phi < T(kPi) ? phi : T(2 * kPi) - phi;
    const T d = sqrt(T(2) * ray_.k_l) * sin(T(0.5) * angle);
    const T inside = end == 1 ? ray_.end_b : -ray_.end_a;
    if (!(d < T(kPastReach)) || !(angle < T(kPi)) || !(inside < T(kEdgeFade))) return;
    const T &length = leaves ? g.after : g.before, &behind = leaves ? g.before : g.after;
    const Vec3<T> p = touch_.point + length * v;
    // out of the sheet
    const Vec3<T> out = normalized(cross(T(end == 1 ? -1 : 1) * w.n0, rim.end - rim.begin));
    const T across = least_sine(dot(out, normalized(cross(v, w.n0))));
    const T x = over_height(ray_.k_l, dot(out, p - rim.begin) / across, norm(p - rim.begin));
    SheetEnd& s = sheet_ends_[num_sheet_ends_++];
    s.leaves = leaves;
    s.inside = inside;
    s.depth2 = d * d;
    const T flat = face_depth(w, phi < T(kPi) ? OnFace::kFace0 : OnFace::kFaceN, other, k_l_free_);
    s.flat = flat * flat;
    const OverNext over = over_next(rim, end == 1, v, length, behind);
    s.inside_next = over.inside;
    const T infinity(std::numeric_limits<double>::infinity());
    const Complex<T> outside = fall((-x - T(kOverFade)) / T(kOverReach - kOverFade)) *
                               em::edge_share(T(d * norm(cross(v, w.direction))), -infinity, x);
    const Complex<T> off = off_face(inside, outside, over.share, d);
    s.near = (fall(T(1 / kPastReach) * d) * fall(angle / T(kPi))) * off;
  }

  /// See end_sheet().
  struct SheetEnd {
    bool leaves = false;
    T inside{}, inside_next{}, flat{}, depth2{};
    Complex<T> near{};
  };
  const Touch<T>& touch_;
  T wavelength_m_, alone_, flat_, k_l_free_;
  EdgeBasis<T> in_, out_;
  em::WedgeRay<T> ray_;
  T fade_;
  bool goes_past_ = false;
  // From the edge's point to the corners at its ends, and to where its line crosses a neighbour's; to those gone past.
  std::array<T, 4> corners_{};
  std::array<T, 2> past_corners_{};
  std::array<T, 2> past_flat_{};
  std::array<SheetEnd, 4> sheet_ends_{};
  size_t num_sheet_ends_ = 0;
  size_t num_corners_ = 0, num_past_ = 0;
  T depth2_{};
  Complex<T> past_{T(1), T(0)};
};

/// A field for each of the source's polarisations and each choice of terms at the edges passed but the last.
template <class T, size_t kEdges>
struct TermFields {
  static constexpr size_t kMost = kEdges < 2 ? 2 : size_t(2) << (2 * (kEdges - 1));
  std::array<CVec3<T>, kMost> e;
  size_t count = 2;
  std::array<std::array<em::BoundaryTerm<T>, 4>, kEdges - 1> terms;
  size_t num_edges = 0;  // passed

  /// Each field once for each of an edge's terms.
  RAYWAVE_HD_CALL void split(const Wedging<T>& wedge) {
    const auto& own = terms[num_edges++] = wedge.terms();
    for (size_t i = count; i-- > 0;) {
      const CVec3<T> incident = e[i];
      for (size_t b = 0; b < 4; ++b) e[4 * i + b] = wedge.apply(own[b].coefficient, incident);
    }
    count *= 4;
  }
  /// Behind the last edge: the sum over its terms and those before, with their joint transition functions.
  RAYWAVE_HD_CALL void join(const Wedging<T>& wedge, const EdgeGeometry<T>* g, double factor) {
    const auto last = wedge.terms();
    std::array<CVec3<T>, 2> sums{};
    const size_t combinations = count / 2;
    const auto transitions = transitions_with(last, g);
    for (size_t c = 0; c < 4; ++c) {
      std::array<CVec3<T>, 2> incident{};
      for (size_t i = 0; i < combinations; ++i) {
        const Complex<T> w = T(factor) * transitions[4 * i + c];
        for (size_t p = 0; p < 2; ++p) incident[p] = incident[p] + w * e[p * combinations + i];
      }
      for (size_t p = 0; p < 2; ++p) sums[p] = sums[p] + wedge.apply(last[c].coefficient, incident[p]);
    }
    std::copy(sums.begin(), sums.end(), e.begin());
    count = 2;
  }

 private:
  /// For each choice of terms, the last edge's the fastest.
  RAYWAVE_HD auto transitions_with(const std::array<em::BoundaryTerm<T>, 4>& last, const EdgeGeometry<T>* g) const {
    em::SignTable sign;
    for (size_t b = 0; b < 4; ++b) {
      for (size_t c = 0; c < 4; ++c) sign[b][c] = em::correlation_sign(b, c);
    }
    const auto arguments = [](const std::array<em::BoundaryTerm<T>, 4>& of) {
      return std::array<T, 4>{of[0].v, of[1].v, of[2].v, of[3].v};
    };
    if constexpr (kEdges == 2) {
      std::array<Complex<T>, 16> w;
      for (size_t b = 0; b < 4; ++b) {
        for (size_t c = 0; c < 4; ++c) {
          w[4 * b + c] = em::double_edge_transition(terms[0][b].v, last[c].v, T(sign[b][c]) * g[0].correlation);
        }
      }
      return w;
    } else {
      return em::triple_edge_transitions({arguments(terms[0]), arguments(terms[1]), arguments(last)}, g[0].correlation,
                                         g[1].correlation, sign);
    }
  }
};

}  // namespace path_field_detail

}  // namespace raywave::paths

// SPDX-License-Identifier: Apache-2.0
// A scene's numbers over a scalar. Over one that differentiates each number that a path needs is taken from the scene
// together with its place in a SceneDerivative: over ad::Var it is an input of the tape whose adjoint goes there; over
// ad::Dual its tangent comes from there. Over double it is what the solvers have prepared. A facet's plane, which may
// hang on very many vertices, is taken as four numbers: their adjoints gather over all paths, and finish() carries them
// on to the vertices once. So are a triangle's normal and size, which all places on it share.
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <type_traits>
#include <vector>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"
#include "raywave/paths/field_context.h"
#include "raywave/paths/port_fields.h"
#include "raywave/paths/prepared_scene.h"
#include "raywave/paths/scattering_event.h"
#include "raywave/paths/touched_materials.h"
#include "raywave/paths/unfold.h"
#include "raywave/scene/derivative.h"

namespace raywave::paths {

/// A place on a triangle.
template <class T>
struct TrianglePlace {
  Vec3<T> point, normal;  // either way
  T twice_area{};         // of the mesh's own triangle
  double of_area = 1;     // the triangle's share of it
};

/// T is ad::Var (then Derivative is SceneDerivative), ad::Dual (const SceneDerivative), or double, see below.
template <class T>
class SceneOver {
 public:
  using Derivative =
      std::conditional_t<std::is_same_v<T, ad::Var>, scene::SceneDerivative, const scene::SceneDerivative>;
  using Slot = std::conditional_t<std::is_same_v<T, ad::Var>, double, const double>;
  using SlotVec = std::conditional_t<std::is_same_v<T, ad::Var>, Vec3d, const Vec3d>;
  using NumbersSlot =
      std::conditional_t<std::is_same_v<T, ad::Var>, em::PlaceNumbers<double>, const em::PlaceNumbers<double>>;

  SceneOver(const scene::Scene& scene, const PreparedScene& prepared, bool refraction, Derivative& derivative)
      : scene_(scene), prepared_(prepared), refraction_(refraction), derivative_(derivative) {
    materials_.resize(scene.materials.size());
    has_material_.resize(scene.materials.size());
    scatterers_.resize(scene.materials.size());
    has_scatterer_.resize(scene.materials.size());
    planes_.resize(prepared.facets().facets.size());
    has_plane_.resize(planes_.size());
  }

  /// Forgets all numbers taken: before each path, the tape rewound.
  void restart() {
    taken_.clear();
    shared_ = 0;
    std::fill(has_material_.begin(), has_material_.end(), uint8_t(0));
    std::fill(has_scatterer_.begin(), has_scatterer_.end(), uint8_t(0));
    frequency_hz_ = number(scene_.frequency_hz, derivative_.frequency_hz);
    wavelength_m_ = T(kSpeedOfLight) / frequency_hz_;
  }
  /// After a tape's sweep: adds the adjoints of what was taken since share() to their places, and forgets it.
  void collect(const ad::Tape& tape) {
    if constexpr (std::is_same_v<T, ad::Var>) {
      for (size_t i = shared_; i < taken_.size(); ++i)
        *taken_[i].place += taken_[i].weight * tape.adjoint(taken_[i].input);
      forget();
    }
  }
  /// Forgets what was taken since share().
  void forget() { taken_.erase(taken_.begin() + long(shared_), taken_.end()); }
  /// Many paths on one beginning: what was taken so far, and all materials, is recorded once; see ad::Tape::mark().
  /// @param scatters  do paths touch what scatters?
  void share(ad::Tape& tape, bool scatters = false) {
    for (size_t i = 0; i < has_material_.size(); ++i) (void)material(int32_t(i));
    for (size_t i = 0; i < has_scatterer_.size() && scatters; ++i) (void)scatterer(int32_t(i));
    tape.mark();
    shared_ = taken_.size();
  }
  /// After the last path, on a tape that is the current one: carries back what was gathered. Rewinds the tape.
  void finish(ad::Tape& tape) {
    if constexpr (std::is_same_v<T, ad::Var>) {
      tape.finish();
      shared_ = 0;
      collect(tape);
      for (size_t i = 0; i < planes_.size(); ++i) {
        if (!has_plane_[i]) continue;
        tape.rewind();
        const Plane<T> plane = plane_of(int32_t(i));
        carry_back(tape, plane.normal, plane.offset, planes_[i].normal, planes_[i].offset);
        planes_[i] = {};
        has_plane_[i] = 0;
      }
      for (size_t i = 0; i < triangles_.size(); ++i) {
        if (!has_triangle_[i]) continue;
        tape.rewind();
        const Shape<T> shape = shape_of(int32_t(i));
        carry_back(tape, shape.normal, shape.twice_area, triangles_[i].normal, triangles_[i].twice_area);
      }
      triangles_.clear();
    }
  }

  const T& frequency_hz() const { return frequency_hz_; }
  const T& wavelength_m() const { return wavelength_m_; }

  Vec3<T> vec(const Vec3d& v, SlotVec& place) {
    return {number(v.x, place.x), number(v.y, place.y), number(v.z, place.z)};
  }

  /// The weights of a transmitter's ports, [num_ports].
  std::vector<Complex<T>> precoding(int tx) {
    const std::vector<Complexd> weights = scene_.transmitters[size_t(tx)].port_weights();
    auto& places = derivative_.transmitters[size_t(tx)].precoding;
    std::vector<Complex<T>> w;
    for (size_t i = 0; i < weights.size(); ++i)
      w.push_back({number(weights[i].re, places[i].re), number(weights[i].im, places[i].im)});
    return w;
  }

  bool refraction() const { return refraction_; }
  const PreparedScene& prepared() const { return prepared_; }
  /// The lobe that stands in the mirror's place where a material names none. Before anything is taken.
  void set_lobe(const em::Lobe& lobe) { lobe_ = lobe; }

  const em::BasicMaterialProperties<T>& material(int32_t index) {
    const auto i = size_t(index);
    if (!has_material_[i]) {
      has_material_[i] = 1;
      const em::Material& m = scene_.materials[i];
      em::MaterialNumbers<T> numbers = em::numbers_of(m, scene_.frequency_hz, frequency_hz_);
      auto& places = derivative_.materials[i].numbers;
      for (size_t n = 0; n < places.size(); ++n) numbers.numbers[n] = numbers.numbers[n] + number(0, places[n]);
      materials_[i] = em::properties_of(numbers, frequency_hz_, m.perfect_conductor);
    }
    return materials_[i];
  }

  /// Materials of touched places in the scene's place. @param slope  [num_rows]: of the numbers, see number().
  void set_touched(const TouchedMaterials& touched, NumbersSlot* slope) {
    touched_ = touched.empty() ? nullptr : &touched;
    touched_slope_ = slope;
  }
  bool has_touched() const { return touched_ != nullptr; }
  /// What a facet is made of at the place where a path touches it. All that is reflected, passed and diffracted asks
  /// here. @param touch  TouchedPlace::touch, < 0: of no known paths. @param moved  the place, less where it is: how it
  /// moves. @param own  keeps what is of this place alone.
  const em::BasicMaterialProperties<T>& material_at(int32_t facet, int64_t touch, const Vec3<T>& moved,
                                                    em::BasicMaterialProperties<T>& own) {
    em::PlaceNumbers<T> n;
    if (!touched_numbers(touch, moved, n)) return material(prepared_.facets().facets[size_t(facet)].material);
    own = em::properties_of(n, frequency_hz_, false);
    return own;
  }
  /// Its numbers there. @return false where the scene's material is.
  bool touched_numbers(int64_t touch, const Vec3<T>& moved, em::PlaceNumbers<T>& n) {
    const int32_t row = touched_ && touch >= 0 ? touched_->row[size_t(touch)] : -1;
    if (row < 0) return false;
    for (size_t k = 0; k < n.numbers.size(); ++k) {
      n.numbers[k] = number(touched_->numbers[size_t(row)].numbers[k], touched_slope_[row].numbers[k]);
      if (!touched_->slopes.empty())
        n.numbers[k] = n.numbers[k] + dot(Vec3<T>(touched_->slopes[size_t(row)][k]), moved);
    }
    return true;
  }

  /// What scattering needs of a material beside that.
  const Scatterer<T>& scatterer(int32_t index) {
    const auto i = size_t(index);
    if (has_scatterer_[i]) return scatterers_[i];
    has_scatterer_[i] = 1;
    const em::Material& m = scene_.materials[i];
    auto& places = derivative_.materials[i];
    const auto lobe = [&](const em::Lobe& values, auto& slots) {
      em::BasicLobe<T> out = constant_lobe<T>(values);
      for_numbers(out, [&](size_t n, T& value) { value = number(values.*em::kLobeNumbers[n].member, slots[n]); });
      return out;
    };
    scatterers_[i] = {number(m.scattering_coefficient, places[em::MaterialNumber::kScattering]),
                      number(m.xpd_coefficient, places[em::MaterialNumber::kXpd]),
                      lobe(em::lobe_from_text(m.scattering_pattern), places.pattern),
                      m.lobe.empty() ? constant_lobe<T>(lobe_) : lobe(em::lobe_from_text(m.lobe), places.lobe)};
    return scatterers_[i];
  }
  /// The place of a triangle of the facet table at two of its barycentric coordinates.
  TrianglePlace<T> place(int32_t index, const Vec2d& at) {
    const auto i = size_t(index);
    if (triangles_.empty()) {
      triangles_.resize(prepared_.facets().triangles.size());
      has_triangle_.assign(triangles_.size(), 0);
    }
    const auto source = corners_of(index);
    const int32_t object = source.first;
    const std::array<uint32_t, 3>& corners = source.second;
    const PlaceOfSource here = place_of_source(index, at, object, corners);
    const std::array<double, 3>& share = here.share;
    if constexpr (std::is_same_v<T, ad::Var>) {
      const auto moved = [&](double value, double Vec3d::*axis) {
        const ad::Var input = ad::Tape::current()->input(value);
        auto& places = derivative_.objects[size_t(object)].vertices_m;
        for (size_t c = 0; c < 3; ++c) taken_.push_back({input, &(places[corners[c]].*axis), share[c]});
        return input;
      };
      TrianglePlace<T> out;
      const Vec3d& p = here.point;
      out.point = {moved(p.x, &Vec3d::x), moved(p.y, &Vec3d::y), moved(p.z, &Vec3d::z)};
      out.normal = vec(normalized(here.twice), triangles_[i].normal);
      out.twice_area = number(norm(here.twice), triangles_[i].twice_area);
      out.of_area = here.of_area;
      has_triangle_[i] = 1;
      return out;
    } else {
      if (!has_triangle_[i]) triangles_[i] = shape_of(index), has_triangle_[i] = 1;
      const Shape<T>& s = triangles_[i];
      return {T(share[0]) * s.a + T(share[1]) * s.b + T(share[2]) * s.c, s.normal, s.twice_area, here.of_area};
    }
  }

  /// A device's end; position_m is that of an element when element >= 0.
  template <class DeviceDerivativeT>
  EndPoint<T> end_point(const scene::Device& device, DeviceDerivativeT& d, int element) {
    EndPoint<T> e;
    e.device = &device;
    e.element = element;
    e.rotation = rotation_from_euler(vec(device.orientation_rad, d.orientation_rad));
    e.velocity_m_per_s = vec(device.velocity_m_per_s, d.velocity_m_per_s);
    e.position_m = vec(device.position_m, d.position_m);
    const em::AntennaArray& array = device.array;
    for (size_t i = 0; i < size_t(array.num_elements()); ++i) {
      if (array.element_positions_m.empty()) {
        e.offsets_m.push_back(wavelength_m_ * Vec3<T>(array.element_positions_wavelengths[i]) +
                              vec({0, 0, 0}, d.element_positions_m[i]));
      } else {
        e.offsets_m.push_back(vec(array.element_positions_m[i], d.element_positions_m[i]));
      }
    }
    if (element >= 0) e.position_m = e.position_m + e.rotation * e.offsets_m[size_t(element)];
    return e;
  }
  EndPoint<T> transmitter(int index, int element) {
    return end_point(scene_.transmitters[size_t(index)], derivative_.transmitters[size_t(index)], element);
  }
  EndPoint<T> receiver(int index, int element) {
    return end_point(scene_.receivers[size_t(index)], derivative_.receivers[size_t(index)], element);
  }
  Vec3<T> object_velocity(int32_t object) {
    return vec(scene_.objects[size_t(object)].velocity_m_per_s, derivative_.objects[size_t(object)].velocity_m_per_s);
  }

  /// A facet's plane.
  Bend<T> facet(int32_t index) {
    const auto i = size_t(index);
    Bend<T> bend;
    if constexpr (std::is_same_v<T, ad::Var>) {
      const scene::Facet& f = prepared_.facets().facets[i];
      bend.normal = vec(f.normal, planes_[i].normal);
      bend.offset = number(f.offset, planes_[i].offset);
    } else {
      if (!has_plane_[i]) planes_[i] = plane_of(index);
      bend.normal = planes_[i].normal;
      bend.offset = planes_[i].offset;
    }
    has_plane_[i] = 1;
    return bend;
  }

  /// The piece of a wedge's line that a point lies on, between its faces' planes there.
  Bend<T> wedge(int32_t index, const Vec3d& point) {
    const Wedge& w = prepared_.wedges()[size_t(index)];
    const WedgePiece& here = w.piece_at(point);
    const scene::FacetTable& table = prepared_.facets();
    const scene::Edge& e = table.edges[size_t(here.edge)];
    const int32_t object = table.facets[size_t(e.facet0)].object;
    const auto line_vertex = [&](uint32_t i) { return vertex(object, table.edge_vertices[i]); };
    const Vec3d along = normalized(e.b - e.a);
    uint32_t piece = e.vertex_begin;  // the last that begins before the point
    while (piece + 2 < e.vertex_end) {
      const Vec3d& next = scene_.objects[size_t(object)].mesh.vertices_m[table.edge_vertices[piece + 1]];
      if (dot(point - next, along) < 0) break;
      ++piece;
    }
    const Vec3<T> p = line_vertex(piece), q = line_vertex(piece + 1);
    Bend<T> bend;
    bend.is_edge = true;
    WedgeFrame<T>& frame = bend.wedge;
    frame.origin = p;
    frame.direction = normalized(here.begin < here.end ? q - p : p - q);
    if (w.where_faces_meet) move_to_meeting(frame, facet(here.facet0), facet(here.facet_n));
    const WedgePiece &first = w.pieces.front(), &last = w.pieces.back();
    const auto end = [&](int32_t edge, double fraction, int32_t cut_by) {
      if (!w.where_faces_meet || cut_by < 0) return dot(edge_point(edge, fraction, cut_by) - p, frame.direction);
      const Bend<T> plane = facet(cut_by);
      return (plane.offset - dot(plane.normal, frame.origin)) / dot(plane.normal, frame.direction);
    };
    frame.lo = end(first.edge, first.begin, first.cut_lo);
    frame.hi = end(last.edge, last.end, last.cut_hi);
    frame.t0 = normalized(cross(outward(here.facet0, w.n0), frame.direction));
    frame.n0 = cross(frame.direction, frame.t0);
    frame.exterior_angle = T(w.exterior_angle_rad);
    if (w.facet_n != w.facet0) {
      const Vec3<T> n = outward(here.facet_n, w.nn);
      using std::atan2;
      frame.exterior_angle = atan2(dot(n, frame.t0), -dot(n, frame.n0));
      if (frame.exterior_angle < T(0)) frame.exterior_angle = frame.exterior_angle + T(2 * kPi);
    }
    return bend;
  }

 private:
  /// What was gathered for a normal and the number that goes with it, to where both come from.
  template <class Normal, class Number>
  void carry_back(ad::Tape& tape, const Vec3<T>& normal, const T& number, const Normal& of_normal,
                  const Number& of_number) {
    tape.seed(normal.x, of_normal.x);
    tape.seed(normal.y, of_normal.y);
    tape.seed(normal.z, of_normal.z);
    tape.seed(number, of_number);
    tape.sweep();
    collect(tape);
  }
  template <class S>
  struct Plane {
    Vec3<S> normal;
    S offset{};
  };

  T number(double value, Slot& place) {
    if constexpr (std::is_same_v<T, ad::Var>) {
      const ad::Var input = ad::Tape::current()->input(value);
      taken_.push_back({input, &place, 1});
      return input;
    } else {
      return {value, place};
    }
  }
  /// A triangle's object and the indices of its corners.
  std::pair<int32_t, std::array<uint32_t, 3>> corners_of(int32_t index) const {
    const scene::Triangle& t = prepared_.facets().triangles[size_t(index)];
    const int32_t object = prepared_.facets().facets[size_t(t.facet)].object;
    return {object, scene_.objects[size_t(object)].mesh.triangles[t.source]};
  }
  /// A place in the mesh's own triangle, of which the facet table's may be a piece.
  struct PlaceOfSource {
    Vec3d point, twice;  // the place; the cross product of two of the own triangle's sides
    std::array<double, 3> share;
    double of_area = 1;  // of the own triangle's area
  };
  PlaceOfSource place_of_source(int32_t index, const Vec2d& at, int32_t object,
                                const std::array<uint32_t, 3>& corners) const {
    const scene::Triangle& t = prepared_.facets().triangles[size_t(index)];
    const auto& vertices = scene_.objects[size_t(object)].mesh.vertices_m;
    const Vec3d &a = vertices[corners[0]], &b = vertices[corners[1]], &c = vertices[corners[2]];
    PlaceOfSource out{{}, cross(b - a, c - a), {at.x, at.y, 1 - at.x - at.y}, 1};
    out.point = out.share[0] * t.a + out.share[1] * t.b + out.share[2] * t.c;
    if (t.a == a && t.b == b && t.c == c) return out;
    const double whole = norm2(out.twice);
    const auto part = [&](const Vec3d& p, const Vec3d& q) {
      return dot(cross(p - out.point, q - out.point), out.twice) / whole;
    };
    out.share = {part(b, c), part(c, a), part(a, b)};
    out.of_area = norm(cross(t.b - t.a, t.c - t.a)) / std::sqrt(whole);
    return out;
  }
  /// What a triangle's places share.
  template <class S>
  struct Shape {
    Vec3<S> a, b, c, normal;
    S twice_area{};
  };
  Shape<T> shape_of(int32_t index) {
    const auto [object, corners] = corners_of(index);
    Shape<T> s;
    s.a = vertex(object, corners[0]), s.b = vertex(object, corners[1]), s.c = vertex(object, corners[2]);
    const Vec3<T> twice = cross(s.b - s.a, s.c - s.a);
    s.normal = normalized(twice), s.twice_area = norm(twice);
    return s;
  }
  Vec3<T> vertex(int32_t object, uint32_t index) {
    return vec(scene_.objects[size_t(object)].mesh.vertices_m[index],
               derivative_.objects[size_t(object)].vertices_m[index]);
  }
  /// A place on an edge of the facet table: where a facet's plane cuts it, or (facet < 0) a fraction of its length.
  Vec3<T> edge_point(int32_t edge, double fraction, int32_t cut_by) {
    const scene::FacetTable& table = prepared_.facets();
    const scene::Edge& e = table.edges[size_t(edge)];
    const int32_t object = table.facets[size_t(e.facet0)].object;
    const Vec3<T> first = vertex(object, table.edge_vertices[e.vertex_begin]),
                  last = vertex(object, table.edge_vertices[e.vertex_end - 1]);
    if (cut_by < 0) return first + T(fraction) * (last - first);
    const Bend<T> plane = facet(cut_by);
    return first + ((plane.offset - dot(plane.normal, first)) / dot(plane.normal, last - first)) * (last - first);
  }
  /// Puts the line of a frame where two planes meet.
  static void move_to_meeting(WedgeFrame<T>& frame, const Bend<T>& f, const Bend<T>& g) {
    frame.origin = meeting_point(frame.origin, f.normal, f.offset, g.normal, g.offset);
    const Vec3<T> along = normalized(cross(f.normal, g.normal));
    frame.direction = dot(unfold_detail::values(along), unfold_detail::values(frame.direction)) < 0 ? -along : along;
  }
  Vec3<T> outward(int32_t facet_index, const Vec3d& like) {
    const Vec3<T> n = facet(facet_index).normal;
    return dot(unfold_detail::values(n), like) < 0 ? -n : n;
  }
  /// The mean of its triangles' planes, as build_facets() has it.
  Plane<T> plane_of(int32_t index) {
    const scene::FacetTable& table = prepared_.facets();
    const scene::Facet& f = table.facets[size_t(index)];
    const scene::Mesh& mesh = scene_.objects[size_t(f.object)].mesh;
    Vec3<T> area, moment;  // twice the area; from the first vertex
    T total{};
    Vec3<T> origin;
    uint32_t end = f.triangle_end;  // without what closes cracks
    while (table.triangles[end - 1].source == scene::kNoSource) --end;
    for (uint32_t i = f.triangle_begin; i < end; ++i) {
      // pieces of one triangle, which a strip was taken off
      if (i > f.triangle_begin && table.triangles[i].source == table.triangles[i - 1].source) continue;
      const auto& corners = mesh.triangles[table.triangles[i].source];
      const Vec3<T> a = vertex(f.object, corners[0]), b = vertex(f.object, corners[1]),
                    c = vertex(f.object, corners[2]);
      const Vec3<T> own = cross(b - a, c - a);
      if (i == f.triangle_begin) origin = a;
      if (f.triangle_begin + 1 == end) {
        area = own;
        break;
      }
      const T size = norm(own);
      area = dot(unfold_detail::values(own), f.normal) < 0 ? area - own : area + own;
      moment = moment + size * (a + b + c - T(3) * origin);
      total = total + T(3) * size;
    }
    Plane<T> plane;
    plane.normal = normalized(area);
    if (dot(unfold_detail::values(plane.normal), f.normal) < 0) plane.normal = -plane.normal;
    plane.offset = dot(plane.normal, origin);
    if (f.triangle_begin + 1 != end) plane.offset = plane.offset + dot(plane.normal, moment) / total;
    return plane;
  }

  const scene::Scene& scene_;
  const PreparedScene& prepared_;
  bool refraction_;
  Derivative& derivative_;
  T frequency_hz_{}, wavelength_m_{};
  std::vector<em::BasicMaterialProperties<T>> materials_;
  std::vector<uint8_t> has_material_;
  /// [num_facets] of those taken: the adjoints that have gathered (Var), or the planes (Dual).
  std::vector<Plane<std::conditional_t<std::is_same_v<T, ad::Var>, double, T>>> planes_;
  std::vector<uint8_t> has_plane_;
  /// [num_triangles] of those taken, the same way; empty before the first.
  std::vector<Shape<std::conditional_t<std::is_same_v<T, ad::Var>, double, T>>> triangles_;
  std::vector<uint8_t> has_triangle_;
  struct Taken {
    ad::Var input;
    Slot* place;
    double weight;
  };
  std::vector<Taken> taken_;
  size_t shared_ = 0;
  const TouchedMaterials* touched_ = nullptr;
  NumbersSlot* touched_slope_ = nullptr;
  std::vector<Scatterer<T>> scatterers_;
  std::vector<uint8_t> has_scatterer_;
  em::Lobe lobe_;
};

/// The scene's own numbers. One may serve many threads.
template <>
class SceneOver<double> {
 public:
  SceneOver(const scene::Scene& scene, const PreparedScene& prepared, const FieldContext& context)
      : scene_(scene), prepared_(prepared), context_(context) {}

  double frequency_hz() const { return scene_.frequency_hz; }
  double wavelength_m() const { return context_.wavelength_m; }
  bool refraction() const { return context_.refraction; }
  const PreparedScene& prepared() const { return prepared_; }
  std::vector<Complexd> precoding(int tx) const { return scene_.transmitters[size_t(tx)].port_weights(); }
  const em::MaterialProperties& material(int32_t index) const { return context_.materials[size_t(index)]; }
  void set_touched(const TouchedMaterials& touched) { touched_ = touched.empty() ? nullptr : &touched; }
  bool has_touched() const { return touched_ != nullptr; }
  const em::MaterialProperties& material_at(int32_t facet, int64_t touch, const Vec3d& moved,
                                            em::MaterialProperties& own) const {
    em::PlaceNumbers<double> n;
    if (!touched_numbers(touch, moved, n)) return material(prepared_.facets().facets[size_t(facet)].material);
    own = em::properties_of(n, scene_.frequency_hz, false);
    return own;
  }
  bool touched_numbers(int64_t touch, const Vec3d& /*moved*/, em::PlaceNumbers<double>& n) const {
    const int32_t row = touched_ && touch >= 0 ? touched_->row[size_t(touch)] : -1;
    if (row >= 0) n = touched_->numbers[size_t(row)];
    return row >= 0;
  }
  const Scatterer<double>& scatterer(int32_t index) const { return context_.scatterers[size_t(index)]; }
  TrianglePlace<double> place(int32_t index, const Vec2d& at) const {
    const scene::Triangle& t = prepared_.facets().triangles[size_t(index)];
    const Vec3d twice = cross(t.b - t.a, t.c - t.a);
    const double size = norm(twice);
    return {at.x * t.a + at.y * t.b + (1 - at.x - at.y) * t.c, twice / size, size};
  }
  EndPoint<double> transmitter(int index, int element) const {
    return end_point(scene_.transmitters[size_t(index)], context_.wavelength_m, element);
  }
  EndPoint<double> receiver(int index, int element) const {
    return end_point(scene_.receivers[size_t(index)], context_.wavelength_m, element);
  }
  const Vec3d& object_velocity(int32_t object) const { return scene_.objects[size_t(object)].velocity_m_per_s; }
  Bend<double> facet(int32_t index) const {
    const scene::Facet& f = prepared_.facets().facets[size_t(index)];
    Bend<double> bend;
    bend.normal = f.normal;
    bend.offset = f.offset;
    return bend;
  }
  Bend<double> wedge(int32_t index, const Vec3d&) const {
    Bend<double> bend;
    bend.is_edge = true;
    bend.wedge = frame_of(prepared_.wedges()[size_t(index)]);
    return bend;
  }

 private:
  const scene::Scene& scene_;
  const PreparedScene& prepared_;
  const FieldContext& context_;
  const TouchedMaterials* touched_ = nullptr;
};

}  // namespace raywave::paths

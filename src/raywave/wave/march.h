// SPDX-License-Identifier: Apache-2.0
// The march: a scene cut into linear steps, each with its tangent and adjoint with respect to the field and to the
// media.
//   spectral step  u <- sum_q a_q(y) S (G_q(ky) o A u)      free jump (one branch), slabs with openings
//   mix            the same behind sum_q R_q o A a_q S R_q o A   media side by side, the WPM: march_mix.cpp
//   screen         u <- T(y) u,  T = W(y) exp(-j k L (n(y) - 1)) (1 - sum a_opaque)
// a(y) is what an object owns of a cell: where objects overlap one of them does (arrangement.h), so that shares sum to
// one with the air's.
// G of a jump: exp(-j kz dz), kz = sqrt(k^2 - ky^2), Im kz <= 0, so that evanescent waves decay (exp(+j omega t)).
// Empty slices merge into one jump: exact, since G(a) G(b) = G(a + b); half jumps between screens merge (Strang).
// Differentiable in: field, permittivity, conductivity, outlines, cells, wavenumber. Not in: the choice of model.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "raywave/wave/backend.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

class SliceCover;

struct Step {
  enum class Kind { kSpectral, kScreen, kOutput };
  Kind kind = Kind::kOutput;
  double z0_m = 0, z1_m = 0;  // extent of the media
  double dz_m = 0;            // length of a jump, of a screen's media, of its absorber
  std::vector<int> objects;   // that take part
  std::vector<int> present;   // that own places in the slice: `objects`, and the conductors of a mix
  bool slab = false;          // the objects are slabs z0..z1
  bool masks_only = false;    // screen: the index of the objects is in the spectral step before
  int cell_slice = -1;        // row of the cell medium
  double absorber_m = 0;      // screen: length of the absorber
  int output = -1;
  int id = -1;                            // place among the steps
  int wall_after = -1, wall_before = -1;  // jump that ends at / starts from this slab object
};

/// Cotangents (dJ = Re(conj(bar) d value)) or tangents of everything that the march depends on besides the field.
struct MediaTangent {
  std::vector<Complexc> eta;                            // per object
  std::vector<std::vector<Outline>> vertices;           // per object, per outline
  std::vector<std::vector<std::vector<Vec3d>>> solids;  // per object, per solid
  std::vector<double> cells;  // pairs (re, im), as CellMedium::index_minus_one, or empty: not asked for
  Complexc* cell(size_t i) { return reinterpret_cast<Complexc*>(cells.data()) + i; }
  const Complexc* cell(size_t i) const { return reinterpret_cast<const Complexc*>(cells.data()) + i; }
  double wavenumber = 0;
  bool with_wavenumber = true;  // false: not asked for, which saves a transform a step
};
MediaTangent zero_tangent(const Scene& scene, bool with_cells);

/// One way across a spectral step: a(y), G and its derivatives to eta, thickness and wavenumber.
struct Branch {
  int object = -1;             // -1: air
  std::vector<double> weight;  // empty: one everywhere
  Field g, d_eta, d_dz, d_k;
  // of a mix where the grid holds evanescent waves: R, its slope to Re(eta) k^2, and that of G, beside d_eta and d_k
  std::vector<double> damping, d_damping;
  Field d_square;

  bool owns_nothing() const {
    return !weight.empty() && std::all_of(weight.begin(), weight.end(), [](double a) { return a == 0; });
  }
};

/// Tangent or cotangent of what a step is made of.
struct StepChange {
  Field exponent;                            // screen: of log T, [num_points]
  std::vector<Field> gain;                   // spectral: of each branch's G, [branches][num_bins]
  std::vector<std::vector<double>> weight;   // of its a(y), [branches][num_points]; empty where a is one
  std::vector<std::vector<double>> damping;  // of its R, [branches][num_bins], or empty
};

class March {
 public:
  /// @param output_z_m  increasing, within the march. @param screen_bytes  limit of the screens that are kept.
  March(std::shared_ptr<const Scene> scene, const std::vector<double>& output_z_m, const BackendOptions& options,
        const LogSink& log, int64_t screen_bytes = 0);

  const std::vector<Step>& steps() const { return steps_; }
  const Backend& backend() const { return *backend_; }
  const std::vector<std::string>& choices() const { return choices_; }

  void apply(const Step& step, Field& u) const;
  /// u and its tangent, both through the step.
  void apply_jvp(const Step& step, const MediaTangent& tangent, Field& u, Field& u_dot) const;
  /// u_bar after the step becomes u_bar before it; adds to `bar`. @param u  the field before the step.
  void apply_vjp(const Step& step, const Field& u, Field& u_bar, MediaTangent& bar) const;

  /// The ways across a spectral step, air first.
  std::vector<Branch> branches(const Step& step, bool derivatives) const;
  /// Tangents of a step's parts, and from their cotangents to the media's: spectral_cotangent() uses `change` up.
  StepChange screen_tangent(const Step& step, const MediaTangent& tangent) const;
  StepChange spectral_tangent(const Step& step, const std::vector<Branch>& all, const MediaTangent& tangent) const;
  void screen_cotangent(const Step& step, const Field& exponent, MediaTangent& bar) const;
  void spectral_cotangent(const Step& step, const std::vector<Branch>& all, StepChange& change,
                          MediaTangent& bar) const;

  /// The same for a screen of cells alone whose field before it stands in its row of bar.cells, which becomes the
  /// gradient.
  void apply_vjp_taped(const Step& step, Field& u_bar, MediaTangent& bar) const;
  /// Whether every step is a jump of one G, a kept screen or an output: what the fused march can do.
  bool diagonal() const;
  bool keeps_screen(const Step& step) const { return !screens_[size_t(step.id)].empty(); }
  /// Kept screens are in the order of the row transform's lanes: a scene of one source.
  bool screens_in_lanes() const { return in_lanes_; }
  /// As it is kept, empty where none is.
  const Field& kept_screen(const Step& step) const { return screens_[size_t(step.id)]; }
  /// The screen of a step in the order of the row, kept or made anew in `scratch`.
  const Field& screen_of(const Step& step, Field& scratch) const;
  /// Whether a step is a jump alone, whose way back reads no field, and its gain.
  bool is_bare_jump(const Step& step, bool with_wavenumber) const {
    return step.kind == Step::Kind::kSpectral && !needs_field(step, with_wavenumber);
  }
  const Backend::Gain& jump_gain(const Step& step) const { return cached_jump(step.dz_m); }
  /// d exponent / d cell of a layer of cells: -j k times its thickness.
  Complexc cell_rate(const Step& step) const { return Complexc(0, -k_ * step.dz_m); }
  /// Whether undo() gives the field before a step back, to rounding: jumps of waves that all propagate (spacing of half
  /// a wavelength or more), screens without loss.
  bool reversible(const Step& step) const;
  void undo(const Step& step, Field& u) const;
  /// Whether apply_vjp reads the field before the step.
  static bool needs_field(const Step& step, bool with_wavenumber);

  /// G of a jump at the backend's bins; in d/dk a wave that grazes to rounding counts as kz = k sqrt(2/N).
  Field jump(double dz_m) const;
  Field jump_dk(double dz_m) const;
  Field screen(const Step& step) const;
  /// The exact slab's G without media gradient, for tests and pictures: [num_bins].
  Field slab(const Medium& medium, double thickness_m) const;
  /// Its reflection, referred to the face that is met: r (1 - e^2) / (1 - r^2 e^2).
  Field slab_reflection(const Medium& medium, double thickness_m) const;
  /// Whether a step sends waves back: exact slabs, and conductors.
  bool reflects(const Step& step) const;
  /// Adds to `back` what a step reflects of the field at the place where it acts, which came along +z or against it. A
  /// conductor reflects where its slice begins (r = -1 in TE, +1 in TM): physical optics of a staircase.
  void reflect(const Step& step, const Field& incident, bool forward, Field& back) const;

 private:
  void plan(const std::vector<double>& output_z_m, const LogSink& log);
  void choose_models(const LogSink& log);
  std::vector<bool> possible_slabs() const;
  double contrast(size_t object) const { return std::abs(media_[object].index - 1.0); }
  void reflect_conductors(const Step& step, const Field& incident, bool forward, Field& back) const;
  void warn_of_leaks(const LogSink& log) const;
  struct Wall {
    double z0 = 0, z1 = 0;
    std::vector<int> objects;
  };
  /// Where the plan stands: jump not yet written, and the slab that it starts from.
  struct Cursor {
    double z = 0, pending = 0;
    int wall = -1;
  };
  std::vector<Wall> walls() const;
  std::vector<double> cuts(const std::vector<double>& output_z_m, const std::vector<Wall>& walls) const;
  void plan_interval(double z0, double z1, const std::vector<Wall>& walls, Cursor& c, const LogSink& log);
  void plan_empty(double z0, double z1, const std::vector<Wall>& walls, Cursor& c);
  void plan_occupied(double z0, double z1, const std::vector<int>& objects, int cell_slice,
                     const std::vector<Wall>& walls, Cursor& c, const LogSink& log);
  void plan_walls(double end, const std::vector<Wall>& walls, Cursor& c);
  void plan_slice(double z0, double z1, const std::vector<int>& objects, int cell_slice, Cursor& c);
  void flush(Cursor& c, int wall_after);
  void cross(Complexc eta, double dz_m, bool derivatives, Branch& b) const;
  /// What each branch of a mix carried: fields, and spectra of what lay in its medium.
  struct Damped {
    std::vector<Field> field, spectrum;
  };
  void damp(const std::vector<Branch>& all, Field& spectrum, Damped* kept = nullptr) const;
  void damp_jvp(const std::vector<Branch>& all, const StepChange& change, Field& spectrum, Field& spectrum_dot) const;
  void damp_vjp(const std::vector<Branch>& all, const Field& before, const Damped& kept, Field& bar,
                StepChange& change) const;
  /// Of Re(eta) k^2 of a branch's medium.
  double square_tangent(const Branch& b, const MediaTangent& t) const;
  void square_cotangent(const Branch& b, double value, MediaTangent& bar) const;
  void cells_vjp(const Step& step, const Field& t, const Complexc* u, Field& u_bar, MediaTangent& bar) const;
  double extinction(int j, double length_m) const;
  /// Who owns what in a step's slice.
  SliceCover cover(const Step& step) const;
  /// The share of open cells where conductors own the rest.
  std::vector<double> open_share(const Step& step, const std::vector<std::vector<double>>& owned) const;
  const Backend::Gain& cached_jump(double dz_m) const;

  const std::shared_ptr<const Scene> shared_scene_;
  const Scene& scene_;
  double k_;
  std::vector<double> edges_, x_edges_;
  std::vector<std::vector<Extent>> extents_;  // per object
  std::vector<Medium> media_;
  std::vector<int> ranks_;  // who owns a shared place: arrangement.h
  std::vector<MediaModel> models_;
  std::vector<double> window_;  // profile of the absorber, nepers a metre
  std::unique_ptr<Backend> backend_;
  std::vector<Step> steps_;
  std::vector<std::string> choices_;
  std::map<double, Backend::Gain> jumps_;  // filled by the constructor, read-only later
  std::vector<Field> screens_;             // by Step::id; empty: not kept
  bool in_lanes_ = false;
  bool all_propagate_ = false;  // by a backend whose jumps are unitary then
};

}  // namespace raywave::wave

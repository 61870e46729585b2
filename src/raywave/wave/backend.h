// SPDX-License-Identifier: Apache-2.0
// What a propagation backend is: analysis A (field to spectrum), synthesis S, and their adjoints. One step of the march
// is u <- S (G o A u) with G a function of the transverse wavenumber; its adjoint is A^H (conj(G) o S^H u).
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "raywave/wave/scene.h"

namespace raywave::wave {

enum class BackendKind { kFft, kDense, kNufft, kGaussianBeams };
enum class Precision { kDouble, kFloat };
/// "fft", "dense", "nufft", "gaussian_beams". @throws Error naming the nearest known name.
BackendKind backend_from_name(std::string_view name);
const char* backend_name(BackendKind kind);

struct BackendOptions {
  BackendKind kind = BackendKind::kFft;
  Precision precision = Precision::kDouble;  // fft only
  double tolerance = 1e-12;                  // nufft
  double beam_waist_wavelengths = 4;         // Gaussian beams: radius of an atom
  double beam_redundancy = 1.5;
  double beam_regularization = 1e-3;  // of the least squares, relative to the largest singular value
};

class RowTransform;

/// One object per worker at a time: apply() may use scratch of the caller's thread only.
class Backend {
 public:
  virtual ~Backend() = default;
  /// The wavenumber of each bin across y, [num_bins]; in 3D also across x, else empty.
  const std::vector<double>& ky_rad_per_m() const { return ky_; }
  const std::vector<double>& kx_rad_per_m() const { return kx_; }
  /// Its part across the march: ky in 2D (with its sign), sqrt(kx^2 + ky^2) in 3D.
  const std::vector<double>& transverse_rad_per_m() const { return kt_.empty() ? ky_ : kt_; }
  virtual void analyze(const Complexc* u, Complexc* spectrum) const = 0;
  virtual void synthesize(const Complexc* spectrum, Complexc* u) const = 0;
  virtual void analyze_adjoint(const Complexc* spectrum, Complexc* u) const = 0;
  virtual void synthesize_adjoint(const Complexc* u, Complexc* spectrum) const = 0;
  /// u <- S (G o A u).
  virtual void apply(std::span<const Complexc> g, Field& u) const;
  virtual void apply_adjoint(std::span<const Complexc> g, Field& u) const;

  /// G and its conjugate in the order that the backend applies fastest, for gains that are used often.
  struct Gain {
    Field forward, adjoint;
  };
  virtual Gain prepare(std::span<const Complexc> g) const;
  virtual void apply(const Gain& gain, Field& u) const { apply(std::span<const Complexc>(gain.forward), u); }
  virtual void apply_adjoint(const Gain& gain, Field& u) const {
    apply_adjoint(std::span<const Complexc>(gain.forward), u);
  }

  /// What the gains are tables of, where a row can be marched in parts; else null.
  virtual const RowTransform* row_transform() const { return nullptr; }

 protected:
  std::vector<double> ky_, kx_, kt_;
};

/// @throws Error when grid, boundary and backend do not go together.
std::unique_ptr<Backend> make_backend(const Scene& scene, const BackendOptions& options);

}  // namespace raywave::wave

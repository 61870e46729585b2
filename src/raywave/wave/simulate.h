// SPDX-License-Identifier: Apache-2.0
// Runs a scene and differentiates it. A Simulation is prepared once (steps, tables, plans) and then answers run, jvp
// and vjp.
//   Gradient names, next to those of rays, are in parameter_table.h.
// Complex values are pairs (re, im). A cotangent is dJ/d(re) + j dJ/d(im), so that dJ = Re(conj(cotangent) du).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "raywave/runtime/progress.h"
#include "raywave/wave/backend.h"
#include "raywave/wave/engine.h"
#include "raywave/wave/launch_cone.h"
#include "raywave/wave/march.h"
#include "raywave/wave/scene.h"

namespace raywave::wave {

class StepReporter;

struct SimulateOptions {
  BackendOptions backend;
  std::vector<double> output_z_m;           // increasing; empty: the end of the march
  int64_t memory_bytes = int64_t(1) << 30;  // limit of what vjp keeps of the march (checkpoints), and of results
  int num_threads = 0;
  /// Sweeps back and forth between exact slabs and conductors after the first (Bremmer's series): 1 adds the field that
  /// they reflect, 2 what that reflects in turn, ... Not differentiable: jvp and vjp refuse.
  int num_reflections = 0;
  bool cell_gradient = true;  // of the scene's cell medium
  bool wavelength_gradient = true;
  /// Backend fft. memory_bytes is of the device then.
  Device device = Device::kCpu;
  LogSink log;
  /// Steps done of all, in run, jvp and vjp; false stops them with runtime::Interrupted. Not on a device.
  runtime::Progress progress;
};

using Gradient = std::map<std::string, std::vector<double>>;

/// Fields [plane][source], each [num_y].
using Planes = std::vector<std::vector<Field>>;

class Result {
 public:
  std::vector<double> z_m;           // [planes]
  std::vector<double> y_m;           // [num_y]
  std::vector<double> x_m;           // [num_x] of a 3D scene, else one 0
  Planes field;                      // [planes, sources, num_y]
  Planes backward;                   // the part that travels towards -z, with num_reflections > 0; else empty
  std::vector<Cone> cones;           // [sources]: where the result holds
  std::vector<std::string> choices;  // which model crossed which object, and why
  std::vector<std::string> warnings;

  /// The field of one source at any points, from the last plane before each (in steps of free space only): summed to
  /// rounding, or for many points by type 3 transforms to FieldPoints::kTolerance of the largest |u|.
  /// @throws Error naming the object that lies between, or a point before the first plane.
  std::vector<Complexc> at(const std::vector<Point>& points_m, int source = 0) const;
  std::vector<Complexc> at(const std::vector<Vec3d>& points_m, int source = 0) const;
  /// Flux through a plane, watt a metre (in 3D watt) when u is in V/m (TE) or A/m (TM): sum of kz |U|^2 over
  /// propagating directions.
  double power_w_per_m(int plane, int source = 0) const;
  /// What an isotropic receiver takes from the field: |u|^2 / (2 eta0) times lambda / (2 pi) (watt a metre of its
  /// length) or, in 3D, lambda^2 / (4 pi) (watt). For u an electric field.
  double received_power(const Vec3d& point_m, int source = 0) const;
  /// sum_s w_s u_s, and sum_s |u_s|^2.
  Field coherent_sum(int plane) const;
  std::vector<double> incoherent_sum(int plane) const;
  /// What was run.
  const Scene& scene() const { return *scene_; }

 private:
  friend class Simulation;
  size_t plane_before(double z) const;
  /// Those whose field is found from one plane: their places among all, and from the grid's first point there.
  struct PointsOfPlane {
    std::vector<size_t> index;
    std::vector<Vec3d> from_plane;
  };
  std::map<size_t, PointsOfPlane> points_by_plane(const std::vector<Vec3d>& points_m) const;
  std::shared_ptr<const Scene> scene_;
  std::shared_ptr<const March> march_;
};

class Simulation {
 public:
  /// @throws Error for a bad scene, or when the result would need more than options.memory_bytes.
  explicit Simulation(Scene scene, SimulateOptions options = {});

  /// Looks at the result's flux and at what leaves the window (march_checks.h), and says so in Result::warnings.
  Result run() const;
  /// A result that was run before, with what it had: fields of the planes (backward: or none), and warnings. Where they
  /// lie, cones and choices are the scene's. @throws Error for a wrong number of planes, sources or points.
  Result result_of(Planes field, Planes backward, std::vector<std::string> warnings) const;
  /// The tangent of every plane for a change of the named parameters. @throws Error naming an unknown parameter or a
  /// wrong size.
  Planes jvp(const Gradient& tangent) const;
  /// The gradient of J, given its cotangent at every plane. @throws Error for wrong shapes.
  Gradient vjp(const Planes& cotangent) const;
  const March& march() const { return *march_; }
  /// The same, told of otherwise.
  Simulation with_progress(runtime::Progress progress) const {
    Simulation out = *this;
    out.options_.progress = std::move(progress);
    return out;
  }
  /// The derivative of Result::power_w_per_m and of Result::received_power (at a point that stays) to every parameter,
  /// under the names of vjp. @param result  of run().
  Gradient power_gradient(const Result& result, int plane, int source = 0) const;
  Gradient received_power_gradient(const Result& result, const Vec3d& point_m, int source = 0) const;
  /// The gradient of J, given its cotangent at points of Result::at (that stay): [points].
  Gradient points_gradient(const Result& result, const std::vector<Vec3d>& points_m,
                           const std::vector<Complexc>& cotangent, int source = 0) const;
  /// Largest number of fields that vjp keeps at once.
  int num_checkpoints() const;

 private:
  /// Whether groups of sources can be marched in the lanes; which path is taken depends on the scene alone.
  template <class Real>
  bool fusable() const;
  Result without_fields() const;
  template <class Real>
  void run_fused(Planes& field, StepReporter& reporter) const;
  void march_sources(Result& out) const;
  void check(Result& out) const;
  void run_both_ways(int source, Planes& field, Planes& backward, StepReporter& reporter) const;
  void require_one_way() const;
  Gradient vjp_one(const Planes& cotangent, int source, StepReporter& reporter) const;
  /// The launched field's change for that of the named parameters and of the wavenumber, and its transpose.
  Field launch_tangent(size_t source, const Gradient& tangent, double wavenumber) const;
  void source_gradient(int source, const Field& u_bar, MediaTangent& bar, Gradient& out) const;
  void open_device();
  std::vector<Field> launched() const;
  void run_on_device(Planes& field) const;
  void jvp_on_device(const std::vector<Field>& launched_dot, const MediaTangent& media, Planes& out) const;
  Gradient vjp_on_device(const Planes& cotangent) const;
  /// And what depends on the wavenumber besides.
  Gradient vjp_with(const Planes& cotangent, double wavenumber) const;
  Planes zero_planes() const;
  /// Writes the planes' cotangents to `w`; gives the one of the wavenumber between plane and point.
  double points_cotangent(const Result& result, const std::vector<Vec3d>& points_m,
                          const std::vector<Complexc>& cotangent, int source, Planes& w) const;
  int tape_length() const;
  void reverse_with_tape(Field u, const Planes& cotangent, int source, Field& u_bar, MediaTangent& bar,
                         StepReporter& reporter) const;
  MediaTangent media_tangent(const Gradient& tangent) const;
  void media_gradient(MediaTangent&& bar, Gradient& out) const;

  SimulateOptions options_;
  std::shared_ptr<const Scene> scene_;
  std::shared_ptr<const March> march_;
  std::vector<double> output_z_m_;
  std::vector<std::string> warnings_;
  bool passive_ = true;
  struct OnDevice;
  std::shared_ptr<OnDevice> device_;  // null: the CPU
};

/// Evenly spaced planes over the march without those inside an exact slab or a cell medium, where no field is known.
std::vector<double> even_planes_m(const Scene& scene, int count);

/// Simulation(scene, options).run().
Result simulate(const Scene& scene, const SimulateOptions& options = {});

}  // namespace raywave::wave

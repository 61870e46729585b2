// SPDX-License-Identifier: Apache-2.0
#include "raywave/paths/port_fields.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "raywave/ad/functions.h"
#include "raywave/core/constants.h"

namespace raywave::paths {
namespace {

using ad::Dual;

/// What port_fields depends on: orientation, direction (kept of unit length), wavelength, offset of one element.
template <class T>
struct Inputs {
  Vec3<T> orientation, direction;
  T wavelength;
  Vec3<T> offset;
};
constexpr int kNumInputs = 10;
template <class T>
T& component(Inputs<T>& in, int i) {
  T* const at[kNumInputs] = {&in.orientation.x, &in.orientation.y, &in.orientation.z, &in.direction.x, &in.direction.y,
                             &in.direction.z,   &in.wavelength,    &in.offset.x,      &in.offset.y,    &in.offset.z};
  return *at[i];
}
template <class T>
Inputs<T> converted(const Inputs<double>& in) {
  return {Vec3<T>(in.orientation), Vec3<T>(in.direction), T(in.wavelength), Vec3<T>(in.offset)};
}

/// The ports' fields as vectors in space, along the basis at `seen_from`.
template <class T>
std::vector<CVec3<T>> fields(const scene::Device& device, const Inputs<T>& in) {
  const Vec3<T> k = normalized(in.direction);
  const auto basis = transfer_basis(k);
  std::vector<CVec3<T>> out;
  const EndPoint<T> end{&device, -1, {}, in.orientation, {}, {in.offset}};
  for (const auto& w : port_fields(end, in.wavelength, k))
    out.push_back(w.theta * basis.theta_hat + w.phi * basis.phi_hat);
  return out;
}

scene::Device device_with(em::PatternKind kind, em::PolarizationModel model, std::vector<double> slants) {
  scene::Device d;
  d.name = "d";
  d.array.pattern.kind = kind;
  d.array.pattern.model = model;
  d.array.slants_rad = std::move(slants);
  return d;
}

void expect_slopes(const scene::Device& device, const Inputs<double>& at, const std::string& label) {
  // fields are products of functions that turn with at most 2 pi / wavelength (offset in metres) < 20: third
  // derivatives below 20^3
  const double h = 1e-5, tolerance = 8000 * h * h / 6 + 1e-15 / h;
  const Vec3d k = normalized(at.direction);
  for (int i = 0; i < kNumInputs; ++i) {
    Inputs<Dual> in = converted<Dual>(at);
    component(in, i).d = 1;
    Inputs<double> above = at, below = at;
    component(above, i) += h, component(below, i) -= h;
    const auto slope = fields(device, in), up = fields(device, Inputs<Dual>(converted<Dual>(above))),
               down = fields(device, Inputs<Dual>(converted<Dual>(below)));
    for (size_t port = 0; port < slope.size(); ++port) {
      const auto check = [&](const Vec3<Dual>& s, const Vec3<Dual>& a, const Vec3<Dual>& b) {
        const Vec3d exact{s.x.d, s.y.d, s.z.d};
        const Vec3d difference{(a.x.v - b.x.v) / (2 * h), (a.y.v - b.y.v) / (2 * h), (a.z.v - b.z.v) / (2 * h)};
        // along k the moved field leans, which no receiver sees
        EXPECT_LT(norm(exact - (difference - dot(difference, k) * k)), tolerance)
            << label << " input " << i << " port " << port;
      };
      check(slope[port].re, up[port].re, down[port].re);
      check(slope[port].im, up[port].im, down[port].im);
    }
  }
}

const em::PatternKind kKinds[] = {em::PatternKind::kIsotropic, em::PatternKind::kShortDipole,
                                  em::PatternKind::kHalfWaveDipole, em::PatternKind::kTr38901};
const em::PolarizationModel kModels[] = {em::PolarizationModel::kTr38901Model1, em::PolarizationModel::kTr38901Model2};
const Inputs<double> kOrdinary{{0.4, -0.3, 0.7}, {0.6, 0.5, 0.3}, 0.8, {0.1, -0.2, 0.15}};

TEST(PortFields, HaveTheSlopesOfTheirField) {
  for (const auto kind : kKinds) {
    for (const auto model : kModels) {
      const auto device = device_with(kind, model, {0, kPi / 4});
      const std::string label = message(em::pattern_name(kind), " model ", int(model));
      expect_slopes(device, kOrdinary, label);
      Inputs<double> up = kOrdinary;
      up.direction = {0, 0, 1};  // the world's pole, not the device's
      expect_slopes(device, up, label + ", straight up");
      up.direction = {1e-14, 0, -1};
      expect_slopes(device, up, label + ", straight down but for rounding");
    }
  }
}

TEST(PortFields, HaveThemOnTheAxisToo) {
  for (const double z : {1.0, -1.0}) {
    for (const double off : {0.0, 1e-17}) {
      const Inputs<double> axis{{0.4, 0, 0}, {off, 0, z}, 0.8, {0.1, -0.2, 0.15}};
      for (const auto kind : {em::PatternKind::kShortDipole, em::PatternKind::kHalfWaveDipole}) {
        const std::string label = message(em::pattern_name(kind), " ", z, " ", off);
        expect_slopes(device_with(kind, em::PolarizationModel::kTr38901Model2, {0, kPi / 4}), axis, label);
        expect_slopes(device_with(kind, em::PolarizationModel::kTr38901Model1, {0}), axis, label + ", model 1");
      }
      expect_slopes(
          device_with(em::PatternKind::kIsotropic, em::PolarizationModel::kTr38901Model1, {kPi / 4, -kPi / 2}), axis,
          message("iso turned ", z, " ", off));
    }
  }
}

TEST(PortFields, AreFiniteWhereAPatternHasNoSlope) {
  for (const auto kind : kKinds) {
    for (const auto model : kModels) {
      for (const Vec3d& direction : {Vec3d{0, 0, 1}, Vec3d{0, 0, -1}, Vec3d{1e-12, 0, 1}, Vec3d{1e-200, 0, -1}}) {
        for (int i = 0; i < kNumInputs; ++i) {
          Inputs<Dual> in = converted<Dual>({{0, 0, 0}, direction, 0.8, {}});
          component(in, i).d = 1;
          for (const auto& e : fields(device_with(kind, model, {0, kPi / 4}), in)) {
            EXPECT_TRUE(is_finite(Vec3d{e.re.x.d, e.re.y.d, e.re.z.d}) &&
                        is_finite(Vec3d{e.im.x.d, e.im.y.d, e.im.z.d}))
                << em::pattern_name(kind) << " " << int(model) << " " << direction.z << " " << i;
          }
        }
      }
    }
  }
}

TEST(PortFields, ReverseIsTheTransposeOfForward) {
  for (const auto kind : kKinds) {
    for (const Vec3d& direction : {kOrdinary.direction, Vec3d{0, 0, 1}}) {
      Inputs<double> at = kOrdinary;
      at.direction = direction;
      if (direction.z == 1) at.orientation = {};
      const auto device = device_with(kind, em::PolarizationModel::kTr38901Model2, {0, kPi / 4});
      ad::Tape tape;
      const ad::Recording recording(tape);
      Inputs<ad::Var> in;
      Inputs<Dual> tangent = converted<Dual>(at);
      for (int i = 0; i < kNumInputs; ++i) {
        component(in, i) = tape.input(component(at, i));
        component(tangent, i).d = std::sin(1.0 + i);
      }
      const auto taped = fields(device, in);
      const auto dual = fields(device, tangent);
      double forward = 0, reverse = 0;
      for (size_t port = 0; port < taped.size(); ++port) {
        tape.seed(taped[port].re.x, 0.3), tape.seed(taped[port].im.y, -1.1), tape.seed(taped[port].re.z, 0.7);
        forward += 0.3 * dual[port].re.x.d - 1.1 * dual[port].im.y.d + 0.7 * dual[port].re.z.d;
      }
      tape.sweep();
      for (int i = 0; i < kNumInputs; ++i) reverse += std::sin(1.0 + i) * tape.adjoint(component(in, i));
      EXPECT_NEAR(forward, reverse, 1e-12) << em::pattern_name(kind);  // some 100 operations on numbers below 20
    }
  }
}

TEST(PortFields, OfADeviceAreThoseOfItsParts) {
  em::PlanarArrayOptions o;
  o.num_rows = 2, o.num_cols = 2, o.pattern = "tr38901", o.polarization = "cross";
  scene::Device device;
  device.array = em::planar_array(o);
  device.orientation_rad = {0.4, -0.3, 0.7};
  const Vec3d k = normalized(kOrdinary.direction);
  const auto all = port_fields(end_point(device, 0.1), 0.1, k), one = port_fields(end_point(device, 0.1, 2), 0.1, k);
  const Vec3d local = transposed(rotation_from_euler(device.orientation_rad)) * k;
  ASSERT_EQ(all.size(), 8u);
  ASSERT_EQ(one.size(), 2u);
  for (size_t slant = 0; slant < 2; ++slant) {
    const Complexd phase = expj(2 * kPi / 0.1 * dot(local, device.array.offsets_m(0.1)[2]));
    EXPECT_NEAR(abs(all[4 * slant + 2].theta - phase * one[slant].theta), 0, 1e-15);
    EXPECT_NEAR(abs(all[4 * slant + 2].phi - phase * one[slant].phi), 0, 1e-15);
  }
}

}  // namespace
}  // namespace raywave::paths

// SPDX-License-Identifier: Apache-2.0
// The rows of `raywave validate`: what the solvers compute against closed forms.
#pragma once

#include <string>
#include <vector>

namespace raywave::validate {

struct ValidationRow {
  std::string name;      // "Friis, 100 m, 3.5 GHz"
  std::string quantity;  // with unit: "path gain [dB]"
  double expected = 0, got = 0;
  double tolerance = 0;   // on |got - expected|, in the quantity's unit; derived where the case is made
  bool compared = false;  // another form's error, shown beside ours: not judged

  double error() const { return got > expected ? got - expected : expected - got; }
  /// NaN anywhere fails.
  bool pass() const { return compared || error() <= tolerance; }
};

/// Runs every case. @param filter  only names that contain it; empty: all.
std::vector<ValidationRow> validation_rows(const std::string& filter = "", int num_threads = 0);
/// Those of free space, slabs and mirrors, a part of the above that takes a moment.
std::vector<ValidationRow> mirror_validation_rows(const std::string& filter, int num_threads);
/// Those of diffraction, a part of the above.
std::vector<ValidationRow> diffraction_validation_rows(const std::string& filter, int num_threads);
/// Those of moved, turned, scaled and re-cut scenes, a part of the above.
std::vector<ValidationRow> moved_validation_rows(const std::string& filter, int num_threads);
/// Those of the lossy wedges, a part of these.
std::vector<ValidationRow> wedge_validation_rows();
/// Those of the wave solver, a part of the above.
std::vector<ValidationRow> strip_validation_rows(const std::string& filter, int num_threads);
/// Those of scattering, a part of the above.
std::vector<ValidationRow> scattering_validation_rows(const std::string& filter, int num_threads);
/// Those of lobes in the place of several mirrors, a part of these.
std::vector<ValidationRow> lobe_chain_validation_rows(const std::string& filter, int num_threads);
/// Those of reconfigurable surfaces, a part of the above.
std::vector<ValidationRow> surface_validation_rows(const std::string& filter, int num_threads);
/// Those of radar and OFDM, a part of the above.
std::vector<ValidationRow> signal_validation_rows(const std::string& filter, int num_threads);
/// The same.
std::vector<ValidationRow> wave_validation_rows(const std::string& filter, int num_threads);

}  // namespace raywave::validate

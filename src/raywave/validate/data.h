// SPDX-License-Identifier: Apache-2.0
// Closed-form fields that are too slow to compute at each validation, embedded when the program is built
// (cmake/RaywaveEmbed.cmake); each file opens with what it holds and how it was computed.
#pragma once

#include <string>

namespace raywave::validate {

std::string gaussian_csv();
std::string cylinder_csv();
std::string half_plane_csv();
std::string impedance_wedge_csv();

}  // namespace raywave::validate

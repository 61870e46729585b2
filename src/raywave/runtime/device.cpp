// SPDX-License-Identifier: Apache-2.0
#include "raywave/runtime/device.h"

namespace raywave::runtime {
namespace {

constexpr std::pair<const char*, Device> kNames[] = {
    {"cpu", Device::kCpu}, {"cuda", Device::kCuda}, {"emulated", Device::kEmulated}};

}  // namespace

Device device_from_name(std::string_view name) { return value_named(kNames, "device", name); }

const char* device_name(Device device) { return name_of(kNames, device); }

}  // namespace raywave::runtime

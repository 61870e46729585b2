#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests and figures of the device backends on this machine, as one JSON: ./run.sh [RESULT.json]. Needs a driver and CUDA's cuFFT
# (CUDA's own folders, or the Python package nvidia-cufft; waves alone), a C library of 2.36 or later, and nothing else. Ends within 10 minutes.
here=$(cd "$(dirname "$0")" && pwd)
result=${1:-$PWD/device.json}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export RAYWAVE_WAVE_CUDA="$here/lib/libraywave_wave_cuda.so" RAYWAVE_RAYS_CUDA="$here/lib/libraywave_rays_cuda.so"
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" RAYWAVE_ROOT="$here"
if [ -z "${RAYWAVE_CUFFT_DIR:-}" ] && command -v python3 > /dev/null; then
  RAYWAVE_CUFFT_DIR=$(python3 - << 'PY' 2> /dev/null
import importlib.util, pathlib
for place in importlib.util.find_spec("nvidia").submodule_search_locations:
    for library in sorted(pathlib.Path(place).glob("*/lib/libcufft.so.*")):
        print(library.parent)
        raise SystemExit
PY
)
  export RAYWAVE_CUFFT_DIR
fi
text() { tr '\n' ' ' | tr -d '\\"\t\r' | cut -c1-600; }

status=0 all=""
# NAME SECONDS COMMAND...: its standard output is JSON (of tests: what they write), what it says beside that goes into the result
piece() {
  name=$1 seconds=$2
  shift 2
  timeout "$seconds" "$@" > "$work/$name.out" 2> "$work/$name.log"
  code=$?
  [ "$code" -eq 0 ] || status=1
}
tests() {  # NAME SECONDS FILTER: of bin/NAME
  piece "$1" "$2" "$here/bin/$1" --gtest_filter="$3" --gtest_output="json:$work/$1.json"
  [ -s "$work/$1.json" ] || echo null > "$work/$1.json"
  count() { sed -n "s/^\[  $1 *\] *\([0-9][0-9]*\) test.*/\1/p" "$work/$name.out" | tail -1; }
  passed=$(count PASSED) failed=$(count FAILED) skipped=$(count SKIPPED)
  echo "$1: ${passed:-0} passed, ${failed:-0} failed, ${skipped:-0} skipped (status $code)"
  all="$all\"$1\": {\"status\": $code, \"passed\": ${passed:-0}, \"failed\": ${failed:-0}, \"skipped\": ${skipped:-0}, \"said\": \"$(
    grep -E 'Failure|SKIPPED|error' "$work/$1.out" | head -5 | text)\", \"cases\": $(cat "$work/$1.json")},
"
}
bench() {  # NAME SECONDS ARGUMENTS...: bin/NAME
  name=$1 seconds=$2
  shift 2
  piece "$name" "$seconds" "$here/bin/$name" "$@"
  [ -s "$work/$name.out" ] || echo null > "$work/$name.out"
  echo "$name: status $code"
  all="$all\"$name\": {\"status\": $code, \"said\": \"$(text < "$work/$name.log")\", \"figures\": $(cat "$work/$name.out")},
"
}

tests test_paths 60 'Engines/*:RayTracer*'
tests test_maps 60 'Devices/*:FixedSum*'
bench device_rays_bench 160 "$here/scenes/old_town/old_town.xml" cuda
tests test_wave 150 'Devices/*/cuda:Devices/*/emulated:WaveDevice*:WaveKernels*'
bench device_bench 170 cuda
{
  printf '{"raywave": "%s",\n' "$(cat "$here/version")"
  printf '"card": "%s",\n' "$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2> /dev/null | text)"
  printf '%s' "$all"
  printf '"machine": "%s"}\n' "$(uname -srm | text)"
} > "$result"
echo "$result"
[ "$status" -eq 0 ]

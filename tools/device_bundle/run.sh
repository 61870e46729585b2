#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests and figures of the device backends on this machine, as one JSON: ./run.sh [RESULT.json]. Needs a driver and CUDA's cuFFT
# (CUDA's own folders, or the Python package nvidia-cufft), a C library of 2.36 or later, and nothing else. Ends within 6 minutes.
here=$(cd "$(dirname "$0")" && pwd)
result=${1:-$PWD/device.json}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" RAYWAVE_WAVE_CUDA="$here/lib/libraywave_wave_cuda.so" RAYWAVE_ROOT="$here"
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

timeout 150 "$here/bin/test_wave" --gtest_filter='Devices/*/cuda:Devices/*/emulated:WaveDevice*:WaveKernels*' \
  --gtest_output="json:$work/tests.json" > "$work/tests.log" 2>&1
tests_status=$?
timeout 170 "$here/bin/device_bench" cuda > "$work/bench.json" 2> "$work/bench.log"
bench_status=$?
[ -s "$work/tests.json" ] || echo null > "$work/tests.json"
[ -s "$work/bench.json" ] || echo null > "$work/bench.json"
count() { sed -n "s/^\[  $1 *\] *\([0-9][0-9]*\) test.*/\1/p" "$work/tests.log" | tail -1; }
{
  printf '{"raywave": "%s",\n' "$(cat "$here/version")"
  printf '"card": "%s",\n' "$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2> /dev/null | text)"
  printf '"machine": "%s",\n' "$(uname -srm | text)"
  printf '"tests": {"status": %d, "passed": %d, "failed": %d, "skipped": %d, "said": "%s"},\n' "$tests_status" \
    "$(count PASSED || true)" "$(count FAILED || true)" "$(count SKIPPED || true)" "$(grep -E 'Failure|SKIPPED|error' "$work/tests.log" | head -5 | text)"
  printf '"benchmark": {"status": %d, "said": "%s"},\n' "$bench_status" "$(text < "$work/bench.log")"
  printf '"figures": %s,\n"test_cases": %s}\n' "$(cat "$work/bench.json")" "$(cat "$work/tests.json")"
} > "$result"
echo "$result: tests $(count PASSED) passed, $(count FAILED) failed, $(count SKIPPED) skipped (status $tests_status), benchmark status $bench_status"
[ "$tests_status" -eq 0 ] && [ "$bench_status" -eq 0 ]

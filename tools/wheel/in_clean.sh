#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Within the clean environment: in_clean.sh PYTHON, beside the wheel and the tests. Installs the wheel from PyPI's packages alone and runs the tests.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
[ -x env/bin/python ] || "$1" -m venv env
wheel=$(echo ./*.whl)
env/bin/python -m pip install -q --disable-pip-version-check --force-reinstall --no-deps "$wheel"
env/bin/python -m pip install -q --disable-pip-version-check "$wheel[campaigns,explore,formats,geo,inverse]" 'pytest==9.*' tqdm sigmf 'nbclient' ipykernel
echo "clean environment: $(env/bin/python -VV); $(. /etc/os-release && echo "$PRETTY_NAME"); $(ldd --version | sed -n 1p)"
echo "libraries of ours on the system: $(ls /usr/lib/x86_64-linux-gnu | grep -E 'embree|libtbb|hdf5|cairo|fftw|pugixml|curl' | tr '\n' ' ')"
env/bin/raywave doctor
# RAYWAVE_WHEEL_TESTS: some files of them, to try the rest of this script
tests=${RAYWAVE_WHEEL_TESTS:-python/tests tests/cli_test.py tests/plane_cli_test.py tests/signal_cli_test.py tests/wave_cli_test.py}
export RAYWAVE_BIN=$PWD/env/bin/raywave RAYWAVE_PYTHON=$PWD/env/bin/python
failed=()
for level in $(ls env/lib/python3*/site-packages/raywave/levels); do
  if RAYWAVE_CPU_LEVEL=$level env/bin/python -c 'import raywave' 2> level.log; then
    echo "tests at $level"
    RAYWAVE_CPU_LEVEL=$level env/bin/python -m pytest -q -ra -p no:cacheprovider $tests || failed+=("$level")
  else
    echo "not run at $level: $(tail -1 level.log)"
  fi
done
if [ ${#failed[@]} -gt 0 ]; then echo "failed at ${failed[*]}"; exit 1; fi

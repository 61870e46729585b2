#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the module's tests on a wheel in an environment that has none of the build's packages.
# test_wheel.sh WHEEL bookworm|trixie   in a chroot of that Debian (made by debootstrap, as root)
# test_wheel.sh WHEEL bare              in a virtual environment of this machine, the build's libraries not looked at
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
wheel=$(readlink -f "$1") kind=$2
work=$root/build/wheel/test
mkdir -p "$work"

say() { echo "wheel: $*" >&2; }

# What the tests read, and nothing that was built or that is imported in place of the wheel.
put_tests() {  # PLACE
  mkdir -p "$1"
  find "$1" -mindepth 1 -maxdepth 1 ! -name env -exec rm -rf {} +  # the environment stays
  (cd "$root" && git ls-files python/tests tests scenes models examples docs README.md CHANGELOG.md CMakeLists.txt pyproject.toml python/raywave tools) |
    (cd "$root" && tar -cf - -T -) | tar -xf - -C "$1"
  mv "$1/python/raywave" "$1/python/source_of_the_module"  # only looked at, by the stub's test
  cp "$wheel" "$root/tools/wheel/in_clean.sh" "$1"
}

case $kind in
  bare)
    place=$work/bare
    put_tests "$place"
    env -i HOME="$place" PATH=/usr/bin:/bin RAYWAVE_WHEEL_TESTS="${RAYWAVE_WHEEL_TESTS:-}" bash "$place/in_clean.sh" /usr/bin/python3
    ;;
  bookworm | trixie)
    chroot=$work/$kind
    if [ ! -f "$chroot/.made" ]; then
      say "Debian $kind in $chroot"
      rm -rf "$chroot"
      debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$kind" "$chroot" > "$work/$kind.log" 2>&1 ||
        { tail -5 "$work/$kind.log" >&2; say "no chroot can be made here"; exit 77; }
      touch "$chroot/.made"
    fi
    cp -L /etc/resolv.conf /etc/hosts "$chroot/etc/"
    for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do if [ -f "$file" ]; then mkdir -p "$chroot${file%/*}" && cp -L "$file" "$chroot$file"; fi; done
    put_tests "$chroot/tests"
    # mounts of this process and its children alone, so that none is left whatever happens
    keep=$(env | grep -iE '^(https?_proxy|no_proxy|pip_(cert|index_url|default_timeout))=' || true)
    # shellcheck disable=SC2016,SC2086
    unshare --mount -- bash -c 'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && exec env -i HOME=/root PATH=/usr/bin:/bin "${@:2}" "$(command -v chroot)" "$1" bash /tests/in_clean.sh /usr/bin/python3' \
      in_chroot "$chroot" RAYWAVE_WHEEL_TESTS="${RAYWAVE_WHEEL_TESTS:-}" $keep
    ;;
  *) say "test_wheel.sh WHEEL bookworm|trixie|bare"; exit 2 ;;
esac

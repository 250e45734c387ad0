#!/usr/bin/env bash
# Installs the Ceph daemons the server tests boot, from Debian's own packages; does nothing when they are there.
set -euo pipefail

present() {
  local program
  for program in radosgw ceph-mon ceph-osd radosgw-admin ceph; do
    command -v "$program" >/dev/null || return 1
  done
}

if present; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "Ceph is missing and this system has no apt-get: install radosgw, ceph-mon, ceph-osd and ceph-common by hand." >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common
if ! present; then
  echo "The packages were installed, but the Ceph daemons are not on PATH: $PATH" >&2
  exit 1
fi

#!/usr/bin/env bash
# Installs what the server tests boot, from Debian's own packages: the Ceph daemons, and a C compiler for the S3
# stand-in. Does nothing when they are there.
set -euo pipefail

present() {
  local program
  for program in radosgw ceph-mon ceph-osd radosgw-admin ceph cc; do
    command -v "$program" >/dev/null || return 1
  done
}

if present; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "This system has no apt-get: install radosgw, ceph-mon, ceph-osd, ceph-common and a C compiler by hand." >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common gcc libc6-dev
if ! present; then
  echo "The packages were installed, but not all of their programs are on PATH: $PATH" >&2
  exit 1
fi

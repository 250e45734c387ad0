#!/usr/bin/env bash
# Installs what the server tests boot. From Debian's own packages: the Ceph daemons, a C compiler and OpenSSL for the
# S3 stand-in, and an SSH server and tmux, whose sessions the tests cut off. From PyPI: MiniStack, in a virtual
# environment of its own, because it pins a botocore that is not ours. Does nothing when they are there.
set -euo pipefail
PATH="$PATH:/usr/sbin"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

present() {
  local program
  for program in radosgw ceph-mon ceph-osd radosgw-admin ceph cc sshd ssh ssh-keygen tmux; do
    command -v "$program" >/dev/null || return 1
  done
  echo '#include <openssl/ssl.h>' | cc -E - >/dev/null 2>&1
}

install_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "This system has no apt-get: install radosgw, ceph-mon, ceph-osd, ceph-common, a C compiler, OpenSSL's" \
      "headers, OpenSSH's client and server, and tmux by hand." >&2
    exit 1
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends \
    radosgw ceph-mon ceph-osd ceph-common gcc libc6-dev libssl-dev openssh-server openssh-client tmux
  if ! present; then
    echo "The packages were installed, but not all of their programs are on PATH, or OpenSSL has no headers: $PATH" >&2
    exit 1
  fi
}

install_ministack() {
  local wanted="$here/ministack/requirements.txt" place="$here/run/ministack"
  # The copy of the requirements is put there last: it tells a whole installation, and of which release.
  if cmp -s "$wanted" "$place/requirements.txt"; then
    return
  fi
  rm -rf "$place"
  "${PYTHON:-python3}" -m venv "$place"
  "$place/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$place/"
}

present || install_packages
install_ministack

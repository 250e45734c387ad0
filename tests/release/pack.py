"""Packs installed packages into one file: ``python -m tests.release.pack SITE ARCHIVE [--small]``.

The same packages give the same bytes with the same `SOURCE_DATE_EPOCH` and `PYTHONHASHSEED`.
"""

import hashlib
import lzma
import os
import py_compile
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from tui.app import one_file
from tui.aws.control_plane import ControlPlaneService

STRIP = shutil.which("strip") if sys.platform == "linux" else None

STUB = """\
import os
import shutil
import sys
from importlib.machinery import EXTENSION_SUFFIXES

VERSION, SUFFIX, GLIBC = {version!r}, {suffix!r}, {glibc!r}
if sys.version_info[:2] != VERSION:
    other = shutil.which("python%d.%d" % VERSION)
    if other:
        os.execv(other, [other] + sys.argv)
glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "0").split()[-1] if GLIBC else ""
if EXTENSION_SUFFIXES[0] != SUFFIX or [int(each) for each in glibc.split(".") if each] < GLIBC:
    this = " ".join([EXTENSION_SUFFIXES[0].split(".")[1]] + (["glibc " + glibc] if glibc else []))
    needs = SUFFIX.split(".")[1] + (" with glibc %d.%d or newer" % tuple(GLIBC) if GLIBC else "")
    sys.exit("xs3-tui: this file is for " + needs + "; this is " + this)

import one_file

one_file.main()
"""
"""The archive's ``__main__``, which any Python 3 can read: the others say what the file needs."""

SERVICES = {"s3", "sts", "sso", "sso-oidc", "signin", *ControlPlaneService}
"""The services whose models the product reads."""

LEFT_OUT = re.compile(
    r"(?:bin|share|include)/|.*\.(?:pyi|pyx|pxd|c|h|pyc)$|"
    r"[^/]*\.dist-info/(?:RECORD|INSTALLER|REQUESTED|WHEEL|direct_url\.json)$|"
    rf"botocore/data/(?!(?:{'|'.join(sorted(SERVICES))})/|[^/]*$)|botocore/data/.*/examples-1\.|textual/demo/"
)
"""What no process of the product reads."""

NOT_IN_SMALL = re.compile(r"(?:boto3|s3transfer|pycparser)\b")
"""boto3 is for scripts beside the product and for the demo; cryptography needs cffi's library alone."""


def pack(site: Path, archive: Path, *, small: bool) -> None:
    found = dict(sorted(_files(site, small=small)))
    names = "".join(f"{hashlib.sha256(text).hexdigest()} {len(text)} {name}\n" for name, text in found.items())
    tags = re.findall(r"manylinux_(\d+)_(\d+)", "".join(_text(each) for each in site.glob("*.dist-info/WHEEL")))
    stub = STUB.format(
        version=sys.version_info[:2],
        suffix=EXTENSION_SUFFIXES[0],
        glibc=max([int(major), int(minor)] for major, minor in tags) if tags else [],
    )
    entries = {
        "__main__.py": stub.encode(),
        "one_file.pyc": _compiled(Path(one_file.__file__), "one_file.py"),
        "names": names.encode(),
        "files": lzma.compress(b"".join(found.values()), preset=9 if small else 1),
    }
    stamp = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]
    with archive.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w") as opened:
            for name, text in entries.items():
                kind = zipfile.ZIP_STORED if name == "files" else zipfile.ZIP_DEFLATED
                opened.writestr(zipfile.ZipInfo(name, stamp), text, kind)
    archive.chmod(0o755)


def _files(site: Path, *, small: bool) -> Iterator[tuple[str, bytes]]:
    for path in site.rglob("*"):
        name = path.relative_to(site).as_posix()
        if path.is_dir() or LEFT_OUT.match(name) or (small and NOT_IN_SMALL.match(name)):
            continue
        if path.suffix == ".so" and STRIP:
            yield name, _stripped(path, STRIP)
        elif path.suffix == ".py" and (text := _compiled(path, name)):
            yield f"{name}c", text
        else:
            yield name, path.read_bytes()


def _stripped(path: Path, strip: str) -> bytes:
    """A library without what debuggers read: of uvloop nine tenths."""
    made = path.with_suffix(".packed")
    try:
        subprocess.run([strip, "--strip-debug", "-o", str(made), str(path)], check=True)
        return made.read_bytes()
    finally:
        made.unlink(missing_ok=True)


def _compiled(path: Path, name: str) -> bytes:
    """Its bytecode; none if it is a template, which is no Python."""
    made = path.with_suffix(".packed")
    try:
        py_compile.compile(
            str(path), str(made), name, True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
        return made.read_bytes()
    except py_compile.PyCompileError:
        return b""
    finally:
        made.unlink(missing_ok=True)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]), small="--small" in sys.argv)

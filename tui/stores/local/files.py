"""Files as objects: looked at, read, written whole, and removed. All of it blocks; the store calls it in threads."""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import suppress
from errno import EISDIR

from tui.core.content import guess_type
from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.local import disk_errors
from tui.stores.local.directories import KeyDirectories, ParentDirectory, parent_of
from tui.stores.local.disk_names import data_name, refuse_partial_name, steps_of
from tui.stores.store_values import Fetched, ObjectAttributes, ObjectHead

LOOK, READ = "stat", "read"

_PIN = re.compile(r'"(-?[0-9a-f]+)-(-?[0-9a-f]+)-[0-9a-f]+-[0-9a-f]+"')
"""What `pin_of` makes; times before 1970 are negative."""


def pin_of(status: os.stat_result) -> str:
    """What identifies a file's content, like an ETag: times of content and status in ns, size and inode.

    The time of the content can be set back, that of the status (ctime) cannot (POSIX, "File Times Update").
    """
    return f'"{status.st_mtime_ns:x}-{status.st_ctime_ns:x}-{status.st_size:x}-{status.st_ino:x}"'


def moments_of(pin: str) -> tuple[int, int] | None:
    """When content and status were last changed, as `pin_of` has it, in ns since the epoch; None: it is no such pin."""
    found = _PIN.fullmatch(pin)
    return (int(found[1], 16), int(found[2], 16)) if found else None


def directory_pin(status: os.stat_result) -> str:
    """The ETag of a directory: it has no content, so its inode is all there is."""
    return f'"directory-{status.st_ino:x}"'


def head(bucket: str, key: str) -> ObjectHead:
    """What is at a key. A directory is an empty object if the key ends in ``/``, and nothing if it does not."""
    steps_of(bucket, key, LOOK)
    path = Location(bucket, key).path
    try:
        with disk_errors.mapped(LOOK, key):
            status = os.stat(path)
    except ProblemError as error:
        if error.problem.code == "ENOTDIR":
            raise _nothing(key) from error
        raise
    if key.endswith(DELIMITER):
        return ObjectHead(0, directory_pin(status), status.st_mtime, {}, {})
    if stat.S_ISDIR(status.st_mode):
        raise _nothing(key)
    _need_file(status, LOOK, key)
    leads_to = os.path.realpath(path) if os.path.islink(path) else ""
    headers = {"ContentType": kind} if (kind := guess_type(path)) else {}
    return ObjectHead(status.st_size, pin_of(status), status.st_mtime, headers, {}, leads_to=leads_to)


def _nothing(key: str) -> ProblemError:
    path = Location(LOCAL_BUCKET, key).path
    return ProblemError(
        disk_errors.disk_problem(ProblemKind.NO_SUCH_KEY, f"no file {path}", "", "check the path", LOOK, key)
    )


def _need_file(status: os.stat_result, operation: str, key: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        path = Location(LOCAL_BUCKET, key).path
        remedy = "choose another target" if operation == disk_errors.WRITE else "leave it out"
        raise disk_errors.refusal(
            f"{path} is not a regular file", "it is a device, a pipe or a socket", remedy, operation, key
        )


def read(bucket: str, key: str, etag: str, start: int, length: int) -> bytes:
    """Exactly `length` bytes of the file that was pinned by its ETag."""
    steps_of(bucket, key, READ)
    if not length:
        return b""
    with disk_errors.mapped(READ, key):
        fd = os.open(Location(bucket, key).path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe must not block
        try:
            before = os.fstat(fd)
            _need_file(before, READ, key)
            if pin_of(before) != etag:
                raise disk_errors.changed(READ, key)
            if start + length > before.st_size:
                path = Location(bucket, key).path
                cause = f"it has {before.st_size:,}, {start + length:,} were requested"
                raise disk_errors.refusal(f"{path} is shorter than requested", cause, "check the path", READ, key)
            body = read_range(fd, start, length)
            if len(body) != length or pin_of(os.fstat(fd)) != etag:
                raise disk_errors.changed(READ, key)
            return body
        finally:
            os.close(fd)


def fetch(bucket: str, key: str, etag: str, size: int) -> Fetched:
    """All of the file that was pinned by its ETag."""
    seen = head(bucket, key)
    if (seen.etag, seen.size) != (etag, size):
        raise disk_errors.changed(READ, key)
    return Fetched(seen, read(bucket, key, etag, 0, size))


def begin(bucket: str, key: str, length: int) -> Fetched:
    seen = head(bucket, key)
    return Fetched(seen, read(bucket, key, seen.etag, 0, min(length, seen.size)))


def read_range(fd: int, start: int, length: int) -> bytes:
    """`length` bytes from `start`, fewer only at the end of the file."""
    pieces, read_so_far = [], 0
    while read_so_far < length:
        piece = os.pread(fd, length - read_so_far, start + read_so_far)
        if not piece:
            break
        pieces.append(piece)
        read_so_far += len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def write_range(fd: int, body: bytes, start: int) -> None:
    rest = memoryview(body)
    while rest:
        written = os.pwrite(fd, rest, start)
        rest, start = rest[written:], start + written


def put(bucket: str, key: str, body: bytes, attributes: ObjectAttributes, *, only_new: bool) -> str:
    """Write a whole file, visible only when it is complete and on the disk; returns its ETag."""
    way = KeyDirectories(key, steps_of(bucket, key, disk_errors.WRITE), attributes.below)
    if key.endswith(DELIMITER) or not key:
        return _put_directory(way, body)
    refuse_partial_name(key, disk_errors.WRITE)
    with disk_errors.mapped(disk_errors.WRITE, key), parent_of(way, make=True) as parent:
        mode = look_at_target(parent, way)
        temporary = data_name(parent.name, secrets.token_hex(8))
        fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=parent.fd)
        try:
            write_range(fd, body, 0)
            if read_range(fd, 0, len(body) + 1) != body:
                raise ProblemError(differs(key))
            finish_file(fd, mode, attributes.modified)
            pin = publish(parent, way, temporary, fd, only_new=only_new)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent.fd)  # Path knows no dir_fd
            raise
        finally:
            os.close(fd)
        parent.made.clear()
        return pin


def differs(key: str) -> Problem:
    """What was read back is not what was written: the disk or its file system is broken."""
    path = Location(LOCAL_BUCKET, key).path
    title = f"{path} was written incorrectly"
    cause = "what was read back differs"
    remedy = "check the disk (dmesg, fsck) or copy to another one"
    return disk_errors.disk_problem(ProblemKind.MISMATCH, title, cause, remedy, disk_errors.WRITE, key)


def _put_directory(way: KeyDirectories, body: bytes) -> str:
    """An empty object whose key ends in ``/`` is a directory here; one that is there already is as good as new."""
    path = Location(LOCAL_BUCKET, way.key).path
    if body:
        title = f"{path} cannot be a directory with content"
        cause = "its key ends in “/” and it is not empty"
        raise disk_errors.refusal(title, cause, "copy it alone under another name", disk_errors.WRITE, way.key)
    with disk_errors.mapped(disk_errors.WRITE, way.key):
        if way.steps:
            with parent_of(KeyDirectories(way.key + "x", [*way.steps, "x"], way.below), make=True) as inside:
                inside.made.clear()
        return directory_pin(os.stat(path))


def look_at_target(parent: ParentDirectory, way: KeyDirectories) -> int:
    """The mode that a file is to get: as the umask says; of one's own file that it replaces no more than that.

    Raises `IsADirectoryError` for a directory, `ProblemError` for a device, pipe or socket (also where a link leads to
    one) and for a name that is there in another spelling.
    """
    try:
        status = os.stat(parent.name, dir_fd=parent.fd, follow_symlinks=False)
    except FileNotFoundError:
        return disk_errors.file_mode()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    _refuse_special(parent, way)
    disk_errors.refuse_other_spelling(parent.fd, parent.name, way.key)
    own = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
    return disk_errors.replacing_mode(status.st_mode) if own else disk_errors.file_mode()


def _refuse_special(parent: ParentDirectory, way: KeyDirectories) -> None:
    """Raise `ProblemError` where a device, pipe or socket is, or a link to one: other programs use it by its name."""
    with suppress(FileNotFoundError):
        status = os.stat(parent.name, dir_fd=parent.fd, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            try:
                status = os.stat(parent.name, dir_fd=parent.fd)
            except OSError:
                return  # it leads nowhere, or where nobody may look
        if not stat.S_ISDIR(status.st_mode):
            _need_file(status, disk_errors.WRITE, way.key)


def finish_file(fd: int, mode: int, modified: float | None) -> None:
    """Give a written file its mode and time, and bring it to the disk."""
    os.fchmod(fd, mode)
    if modified is not None:
        whole = int(modified)  # a float has no room for nanoseconds of this century
        moment = whole * 1_000_000_000 + round((modified - whole) * 1_000_000_000)
        os.utime(fd, ns=(moment, moment))
    os.fsync(fd)


def publish(parent: ParentDirectory, way: KeyDirectories, temporary: str, fd: int, *, only_new: bool) -> str:
    """Give a complete file, open as `fd`, its name; returns its ETag.

    A symbolic link by that name is replaced, never followed. Raises `ProblemError` for a device, pipe or socket.
    """
    if only_new:
        _publish_new(parent, temporary)
    else:
        _refuse_special(parent, way)
        os.replace(temporary, parent.name, src_dir_fd=parent.fd, dst_dir_fd=parent.fd)  # dir_fd
    parent.sync()
    return pin_of(os.fstat(fd))  # the time of the last change is that of the name


def _publish_new(parent: ParentDirectory, temporary: str) -> None:
    fd = parent.fd
    try:
        os.link(temporary, parent.name, src_dir_fd=fd, dst_dir_fd=fd, follow_symlinks=False)  # dir_fd
    except FileExistsError as error:
        if stat.S_ISDIR(os.stat(parent.name, dir_fd=fd, follow_symlinks=False).st_mode):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR)) from error
        raise
    except OSError:  # a file system without hard links: an empty file takes the name first
        os.close(os.open(parent.name, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=fd))
        os.replace(temporary, parent.name, src_dir_fd=fd, dst_dir_fd=fd)  # Path knows no dir_fd
    else:
        os.unlink(temporary, dir_fd=fd)  # Path knows no dir_fd

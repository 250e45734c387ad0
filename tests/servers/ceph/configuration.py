"""The configuration of the throw-away cluster: one monitor, one OSD in memory, one gateway, all on loopback."""

from pathlib import Path

STORE_BYTES = 8 << 30

TEMPLATE = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}]
mon initial members = a
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {directory}/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr1 = false
run dir = {directory}
admin socket =
crash dir = {directory}
log file = {directory}/$name.log
mon cluster log file = {directory}/cluster.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 0
mon warn on insecure global id reclaim = false
# An empty cluster decides many small things one after another while it boots.
paxos propose interval = 0.05
paxos min wait = 0.01

[mon]
mon data = {directory}/mon

[osd]
osd data = {directory}/osd
osd objectstore = memstore
memstore device bytes = {store_bytes}
osd crush initial weight = 1
osd op num shards = 2
osd max object size = 1073741824
osd class load list = *
osd class default list = *

[client.rgw]
rgw data = {directory}/rgw
# Without tcp_nodelay every answer waits up to 40 ms for an acknowledgement.
rgw frontends = beast endpoint=127.0.0.1:{s3_port} tcp_nodelay=1
rgw dns name = localhost
rgw thread pool size = 64
rgw s3 auth use sts = true
rgw sts key = throw-away-key-1
rgw num rados handles = 1
rgw enable usage log = false
rgw enable quota threads = false
# What is deleted would stay in memory for two hours, and fill it.
rgw gc obj min wait = 1
rgw gc processor period = 2
rgw gc processor max time = 2
"""


def write_configuration(directory: Path, fsid: str, mon_port: int, s3_port: int) -> Path:
    """Write `ceph.conf` and the daemons' directories below `directory`; return the file."""
    for name in ("mon", "osd", "rgw"):
        (directory / name).mkdir()
    path = directory / "ceph.conf"
    path.write_text(
        TEMPLATE.format(fsid=fsid, directory=directory, mon_port=mon_port, s3_port=s3_port, store_bytes=STORE_BYTES)
    )
    return path

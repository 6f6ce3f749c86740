# Starts an S3 server of one node, made of Ceph's daemons, on loopback, with its data in memory.
# From the environment: D, a folder for its files; RGW_PORT, MON_PORT and MON_PORT_V1, free ports.
# The user is `test` with the secret `testtest`. A server that runs leaves its process ids in
# $D/run/*.pid; stop radosgw first, then the osd, then the mon, or the osd waits for the mon.
set -eu
mkdir -p "$D/mon" "$D/osd" "$D/rgw" "$D/log" "$D/run"
fsid=$(cat /proc/sys/kernel/random/uuid)
# Without cephx between its own daemons the gateway hangs as it starts.
cat > "$D/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$MON_PORT,v1:127.0.0.1:$MON_PORT_V1]
public network = 127.0.0.0/8
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $D/keyring
auth allow insecure global id reclaim = false
mon data avail crit = 0
mon data avail warn = 0
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon max pg per osd = 1000
run dir = $D/run
admin socket = $D/run/\$name.asok
pid file = $D/run/\$name.pid
log file = $D/log/\$name.log
ms bind ipv6 = false
[mon]
mon data = $D/mon
mon initial members = a
mon warn on pool no redundancy = false
[mon.a]
host = localhost
[osd]
osd data = $D/osd
osd objectstore = memstore
memstore device bytes = 8589934592
osd op num shards = 2
osd memory target = 1073741824
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$RGW_PORT
rgw data = $D/rgw
rgw enable usage log = false
rgw enable ops log = false
rgw thread pool size = 64
# With more at once this version ends by itself now and then while it removes several keys.
rgw multi obj del max aio = 1
CONF
export CEPH_CONF="$D/ceph.conf"
monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$MON_PORT,v1:127.0.0.1:$MON_PORT_V1]" "$D/monmap"
ceph-authtool "$D/keyring" --create-keyring -n mon. --gen-key --cap mon 'allow *'
ceph-authtool "$D/keyring" -n client.admin --gen-key --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
ceph-authtool "$D/keyring" -n client.rgw --gen-key --cap mon 'allow rw' --cap osd 'allow rwx'
ceph-authtool "$D/keyring" -n osd.0 --gen-key --cap mon 'allow profile osd' --cap osd 'allow *'
ceph-mon --mkfs -i a --monmap "$D/monmap" --keyring "$D/keyring"
ceph-mon -i a
# Newer releases know them from the keyring already.
ceph auth add osd.0 -i "$D/keyring" || true
ceph auth add client.rgw -i "$D/keyring" || true
ceph osd create
ceph-osd -i 0 --mkfs
ceph osd crush add osd.0 1.0 root=default host=localhost || true
ceph-osd -i 0
ceph osd require-osd-release pacific --yes-i-really-mean-it || true
radosgw-admin user create --uid t --display-name t --access-key test --secret testtest
radosgw -n client.rgw

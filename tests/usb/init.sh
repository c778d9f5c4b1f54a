#!/bin/busybox sh
# First program of the virtual machine: the host's files read-only below /host, a folder of the test's and a disk of
# its own below /host/run, then commands from the second serial line, one a line, each answered by "<<status>>".
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r name; do insmod "/modules/$name.ko" || echo "module $name does not load"; done </modules/order

mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /host || echo "no host"
mount -t tmpfs run /host/run
mkdir -p /host/run/share /host/run/disk /host/run/tmp /dev/shm /dev/pts
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none share /host/run/share || echo "no share"
mount -t ext4 /dev/vda /host/run/disk || echo "no disk"
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
for folder in proc sys dev; do mount -o rbind "/$folder" "/host/$folder"; done

ifconfig lo 127.0.0.1 up
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
route add default gw 10.0.2.2

stty -F /dev/ttyS1 raw -echo
exec </dev/ttyS1 >/dev/ttyS1 2>/dev/console
echo "<<0>>"
while read -r line; do
    sh -c "$line" </dev/null 2>&1
    echo "<<$?>>"
done

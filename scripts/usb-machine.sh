#!/bin/sh
# Usage: usb-machine.sh [FOLDER]   Prepares what tests/usb needs: QEMU, tools for cards, and Debian's kernel unpacked
# into FOLDER (default: $USB_KERNEL_FOLDER, else ~/.cache/liuhen/usb-kernel). May be repeated; does nothing when all
# is there. Exit 1 in plain words when something cannot be had; the tests then skip themselves and say what is missing.
set -eu

here=$(dirname "$0")
folder=${1:-${USB_KERNEL_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/liuhen/usb-kernel}}

sh "$here/apt.sh" qemu-system-x86 busybox-static dosfstools mtools exfatprogs ntfs-3g

[ ! -e "$folder/complete" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The metapackage names the kernel of this release; the *cloud* kernel has neither USB nor FAT.
find_kernel() {
    apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[^ ]*-amd64\)$/\1/p' | head -n 1
}
kernel=$(find_kernel)
if [ -z "$kernel" ]; then
    echo "This system's package lists know no Debian kernel (linux-image-amd64)." >&2
    echo "On Debian run apt-get update, then the same command again." >&2
    exit 1
fi
chmod 755 "$work"
if ! (cd "$work" && apt-get -qq -o Acquire::Retries=3 -o APT::Sandbox::User=root download "$kernel"); then
    echo "The kernel package $kernel could not be downloaded (apt-get's own words are above)." >&2
    echo "Run apt-get update, check that this machine reaches a Debian mirror, then run the same command again." >&2
    exit 1
fi
# Half a package is what no USB stick ever needs.
mkdir -p "$work/tree"
dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work/tree" --exclude='*/drivers/gpu' --exclude='*/drivers/media' \
    --exclude='*/drivers/net/wireless' --exclude='*/drivers/net/ethernet' --exclude='*/kernel/sound' --exclude='./usr/share'
mkdir -p "$folder"
rm -rf "${folder:?}/boot" "$folder/lib"
if [ -d "$work/tree/usr/lib/modules" ]; then mkdir -p "$work/tree/lib"; mv "$work/tree/usr/lib/modules" "$work/tree/lib/"; fi
mv "$work/tree/boot" "$work/tree/lib" "$folder/"
touch "$folder/complete"

#!/bin/sh
# Builds the file system of the sandbox and becomes the program. Runs as root of new namespaces, which is an unprivileged
# user outside of them.
#   inside.sh STAGE DISK_BYTES PROGRAM [ARGUMENT...]
set -eu
stage=$1 disk=$2
shift 2
root=$stage/root

# Everything that the program writes is in this memory, within a limit, and vanishes with the mount namespace.
mount -t tmpfs -o "size=$disk,nr_inodes=200000,mode=755,nosuid,nodev" sandbox "$root"
mkdir -p "$root/etc" "$root/dev" "$root/proc" "$root/work" "$root/home" "$root/tmp" "$root/sandbox" "$root/old"
chmod 1777 "$root/tmp"

read_only() {
    mount --rbind "$1" "$root$1"
    # The flags of the original mount are locked, so they are given again.
    mount -o "remount,bind,ro,nosuid,nodev" "$root$1" 2>/dev/null ||
        mount -o "remount,bind,ro,nosuid,nodev,$(findmnt -n -o OPTIONS -T "$1" | tr , '\n' | grep -x -e noatime -e relatime -e noexec | paste -sd, -)" "$root$1"
}
for path in /usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc/alternatives /etc/ssl /etc/ld.so.cache; do
    if [ -L "$path" ]; then
        ln -s "$(readlink "$path")" "$root$path"
    elif [ -d "$path" ]; then
        mkdir -p "$root$path"
        read_only "$path"
    elif [ -e "$path" ]; then
        : >"$root$path"
        read_only "$path"
    fi
done
for device in null zero full random urandom; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mkdir "$root/dev/shm"
chmod 1777 "$root/dev/shm"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# A namespace inside the sandbox would give its creator capabilities, and so more of the kernel to attack.
echo 0 >"$root/proc/sys/user/max_user_namespaces"
mount -o remount,ro,nosuid,nodev,noexec "$root/proc"

cp -a "$stage/etc/." "$root/etc/"
cp -a "$stage/checkout/." "$root/work/"
cp -a "$stage/input" "$root/sandbox/input"
if command -v ip >/dev/null; then ip link set lo up 2>/dev/null || true; fi

exec 3>"$stage/entered"
cd "$root"
pivot_root . old
cd /work
umount -l /old
rmdir /old
echo yes >&3
exec 3>&-
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --securebits=+noroot,+noroot_locked -- "$@"

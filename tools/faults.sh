#!/bin/sh
# Faults: get what the tests of crashes and power cuts need, where that is possible. Never fails:
# without strace or FUSE those tests skip and say so.
set -u

missing=""
command -v strace >/dev/null 2>&1 || missing="$missing strace"
command -v fusermount3 >/dev/null 2>&1 || missing="$missing fuse3"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Not here:$missing. Some tests of faults will skip. Hint: as root, apt-get install$missing" >&2
    exit 0
fi
echo "Installing$missing for the tests of faults" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update </dev/null >/dev/null 2>&1
# shellcheck disable=SC2086 (a list of names)
apt-get -qq install -y --no-install-recommends $missing </dev/null >/dev/null 2>&1 ||
    echo "Could not be installed:$missing. Some tests of faults will skip." >&2
exit 0

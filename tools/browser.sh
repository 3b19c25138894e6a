#!/bin/sh
# Browser: get Chromium for the tests of the page where that is possible. Never fails: without a
# browser those tests skip and say so.
set -u

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "No Chromium here: the browser tests will skip. Hint: as root, apt-get install chromium" >&2
    exit 0
fi
echo "Installing Chromium for the browser tests" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update </dev/null >/dev/null 2>&1
apt-get -qq install -y --no-install-recommends chromium </dev/null >/dev/null 2>&1 ||
    echo "Chromium could not be installed: the browser tests will skip." >&2
exit 0

#!/usr/bin/env bash
# Builds the image of the Dockerfile without a daemon (buildah) and runs its tests against the result (podman).
# BASE_IMAGE names a base to use; without one, a Debian with Python is made once and kept in the cache folder.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/duecourse-image"
tools=(buildah podman runc debootstrap)

if ! command -v "${tools[@]}" >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${tools[@]}" crun; } >/dev/null 2>&1 || true
  fi
  if ! command -v "${tools[@]}" >/dev/null; then
    echo "image: not built, these are needed: ${tools[*]}"
    exit 0
  fi
fi

mkdir -p "$cache"
cat >"$cache/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
CONF
export CONTAINERS_CONF="$cache/containers.conf"

if [ -z "${BASE_IMAGE:-}" ]; then
  BASE_IMAGE=localhost/duecourse-base
  if [ ! -e "$cache/rootfs/.complete" ]; then
    rm -rf "$cache/rootfs"
    mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {print $2; exit}' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null)
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python3-pip bookworm "$cache/rootfs" "$mirror" >"$cache/debootstrap.log"
    cp /etc/ssl/certs/ca-certificates.crt "$cache/rootfs/etc/ssl/certs/" # the build trusts whom this machine trusts
    touch "$cache/rootfs/.complete"
  fi
  if ! buildah inspect "$BASE_IMAGE" >/dev/null 2>&1; then
    made=$(buildah from scratch)
    buildah add -q "$made" "$cache/rootfs" / >/dev/null
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      --env PIP_CERT=/etc/ssl/certs/ca-certificates.crt --cmd python3 "$made"
    buildah commit -q "$made" "$BASE_IMAGE" >/dev/null
    buildah rm "$made" >/dev/null
  fi
fi

# pip inside the build finds packages where pip on this machine does.
settings=()
if [ -e /etc/pip.conf ]; then settings=(--volume /etc/pip.conf:/etc/pip.conf:ro); fi
buildah bud -q --isolation chroot --format docker --layers "${settings[@]}" --build-arg "BASE_IMAGE=$BASE_IMAGE" \
  --build-arg "LOCK=${LOCK:-requirements.lock}" -t localhost/duecourse:check .
DUECOURSE_IMAGE=localhost/duecourse:check .venv/bin/python -m pytest -m image tests/image

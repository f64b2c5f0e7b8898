#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the missing packages of packages.list by apt, as root or by sudo. Does nothing when all are there,
# and never touches anything else.   deps.sh [--full] [--list]
set -eu
cd "$(dirname "$0")"
sets='run build test docs'
list=no
for word in "$@"; do
  case $word in
    --full) sets="$sets full" ;;
    --list) list=yes ;;
    *) echo "usage: deps.sh [--full] [--list]" >&2; exit 2 ;;
  esac
done

wanted=$(awk -v sets=" $sets " '!/^#/ && NF && index(sets, " " $2 " ") { print $1 }' packages.list)
if [ "$list" = yes ]; then
  echo "$wanted"
  exit 0
fi
if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "deps: this is no Debian; please see to it that these are there:" $wanted >&2
  exit 0
fi

missing=
for package in $wanted; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "deps: as root, please: apt-get install$missing" >&2; exit 1; }
  as_root=sudo
fi
echo "deps: installing$missing"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null

#!/usr/bin/env bash
# Builds the image quorumlock/redis:local from the redis-server installed on this machine, for machines that cannot pull
# images. Use it with QUORUMLOCK_REDIS_IMAGE=quorumlock/redis:local
set -euo pipefail

server=${REDIS_SERVER_BIN:-$(command -v redis-server || command -v valkey-server)}
cli=$(command -v redis-cli || command -v valkey-cli)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{bin,usr/bin,data,tmp,etc}
cp --dereference "$server" "$root/usr/bin/redis-server"
cp --dereference "$cli" "$root/usr/bin/redis-cli"
cp --dereference "$(command -v sh)" "$root/bin/sh"

# The libraries and the loader of each program, at the paths where it looks for them.
for program in "$root"/usr/bin/* "$root/bin/sh"; do
  ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp --dereference --update "$library" "$root$library"
  done
done

tar --create --directory "$root" . | docker import \
  --change 'WORKDIR /data' --change 'VOLUME /data' --change 'CMD ["redis-server"]' \
  - quorumlock/redis:local

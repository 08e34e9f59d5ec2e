#!/usr/bin/env bash
# Provides a Docker engine for as long as the input of this script stays open. Once the engine answers, prints one line:
# the DOCKER_HOST of an engine started here, or an empty line if one was already running.
# Without an engine, on Debian and as root, installs one and starts it by hand, with its own folders and socket, so that
# it touches nothing else on the machine and leaves nothing behind.
set -u

policy=/usr/sbin/policy-rc.d
made_policy=
# What an engine creates outside its folders, and did not find; a folder after what is in it.
traces=()
folder=
engine=

engine_answers() { docker info; } >/dev/null 2>&1
compose_answers() { docker compose version || docker-compose version; } >/dev/null 2>&1

# Undoes what this script did, and nothing else.
clean_up() {
  trap '' HUP INT TERM
  [ -z "$made_policy" ] || rm -f "$policy"
  [ -z "$engine" ] || stop_engine >/dev/null 2>&1
  [ ${#traces[@]} = 0 ] || rm -df "${traces[@]}" 2>/dev/null
  [ -z "$folder" ] || rm -rf "$folder"
}

# If the suite was killed, its containers are still there, and its networks would outlive the engine.
stop_engine() {
  docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes
  docker network prune --force
  kill "$engine" && wait "$engine"
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  printf '✗ %s\n' "$1" >&2
  [ -z "$folder" ] || tail -n 15 "$folder/log" >&2
  exit 1
}

install_engine() {
  [ -e /etc/debian_version ] || fail 'Docker with compose is missing. Install it and run this again.'
  echo '  installing docker.io and docker-compose from Debian …' >&2
  # The packages would start services; the engine is started by hand instead.
  [ -e "$policy" ] || { made_policy=yes && printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"; }
  {
    apt-get -qq update &&
      DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends docker.io docker-compose
  } </dev/null >"$folder/log" 2>&1 || fail 'Docker could not be installed. The last lines of apt-get:'
  [ -z "$made_policy" ] || { rm -f "$policy" && made_policy=; }
}

start_engine() {
  export DOCKER_HOST=unix://$folder/docker.sock
  for trace in /run/docker/plugins /run/docker /etc/docker/key.json /etc/docker; do
    [ -e "$trace" ] || traces+=("$trace")
  done
  # No default bridge, no rules of a firewall, no forwarding: they would outlive the engine. Ports that are published on
  # the loopback interface go through a process of the engine, which needs none of them.
  dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
    --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false >"$folder/log" 2>&1 &
  engine=$!
  for _ in $(seq 300); do
    ! engine_answers || return 0
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.1
  done
  fail 'The Docker engine did not start. The last lines of its log:'
}

if ! engine_answers || ! compose_answers; then
  [ "$(id -u)" = 0 ] || fail 'No Docker engine with compose is running, and installing or starting one requires root.'
  folder=$(mktemp -d)
  compose_answers && { engine_answers || command -v dockerd >/dev/null; } || install_engine
  engine_answers || start_engine
fi
docker version --format '✓ engine {{.Server.Version}}' >&2
echo "${engine:+$DOCKER_HOST}"
# A builtin, because bash runs a trap only after a command in the foreground has ended.
while read -r _; do :; done

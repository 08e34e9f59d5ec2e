# Sourced by .ci/run: a Docker engine for the container suite.

engine_folder=
engine_pid=

engine_answers() { docker info >/dev/null 2>&1; }
compose_answers() { docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1; }

# Uses the engine that runs. Where none does, and this is Debian and we are root, installs one and starts it by hand
# with folders and a socket of its own, so that it meets nothing of the machine and leaves nothing behind.
engine_start() {
  if ! compose_answers || { ! engine_answers && ! command -v dockerd >/dev/null; }; then
    engine_install || return
  fi
  engine_answers && return
  [ "$(id -u)" = 0 ] || { echo 'No Docker engine runs, and starting one takes root.'; return 1; }
  engine_folder=$(mktemp -d)
  export DOCKER_HOST=unix://$engine_folder/docker.sock
  dockerd --host "$DOCKER_HOST" --data-root "$engine_folder/data" --exec-root "$engine_folder/exec" \
    --pidfile "$engine_folder/pid" >"$engine_folder/log" 2>&1 &
  engine_pid=$!
  for _ in $(seq 300); do
    engine_answers && return
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.1
  done
  echo 'The Docker engine did not start. Its last words:'
  tail -n 15 "$engine_folder/log"
  return 1
}

engine_install() {
  if [ "$(id -u)" != 0 ] || [ ! -e /etc/debian_version ]; then
    echo 'Docker with compose is needed here, and only on Debian as root may this script install it.'
    return 1
  fi
  echo 'Installing docker.io and docker-compose from Debian …'
  local log policy=/usr/sbin/policy-rc.d ours=no status=0
  log=$(mktemp)
  # The packages would start services; the engine is started by hand instead.
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && ours=yes
  fi
  {
    apt-get -qq update &&
      DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends docker.io docker-compose
  } >"$log" 2>&1 || { status=1; tail -n 15 "$log"; }
  [ $ours = no ] || rm -f $policy
  rm -f "$log"
  return $status
}

# Stops only the engine that was started here.
engine_stop() {
  [ -n "$engine_pid" ] || return 0
  kill "$engine_pid" 2>/dev/null
  wait "$engine_pid" 2>/dev/null
  engine_pid=
  rm -rf "$engine_folder"
}

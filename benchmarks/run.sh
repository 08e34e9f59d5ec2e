timeout 200 node --conditions @quorumlock/source --import tsx y.mts quorumlock "$@" | grep total

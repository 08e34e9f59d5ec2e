const CONNECTION = `Nodes (all commands)
  -n, --node URL        a lock node, redis:// or rediss://; repeat it for each node
      --config FILE     JSON, all keys optional; paths are relative to the folder of the file:
                          { "nodes": ["redis://…"], "username": "…", "password": "…" or "passwordFile": "path",
                            "tls": true or { "ca": "path", "cert": "path", "key": "path", "servername": "…" },
                            "keyPrefix": "lock:", "quorum": 3, "durable": true,
                            "ttl": "30s", "wait": "10s", "label": "…" }
      --key-prefix TEXT prefix of every resource name (default lock:)
      --quorum N        nodes that must agree (default: a majority)
      --durable         the nodes use appendfsync always, so trust them after a restart
  -v, --verbose         log events of locks and nodes as JSON lines on stderr
  QUORUMLOCK_NODES      the URLs, separated by spaces or commas
  QUORUMLOCK_PASSWORD   the password for nodes whose URL has none
  QUORUMLOCK_CONFIG     the configuration file
  NODE_EXTRA_CA_CERTS   a file with additional certificate authorities, for rediss:// nodes
  Flags override environment variables, which override the file.`

export const HELP: string = `quorumlock: distributed locks on several Redis nodes, for the command line

  quorumlock exec [options] <resource>… -- command [argument…]   run a command under a lock
  quorumlock status [options] <resource>…                        show its holder and waiters
  quorumlock release --force [options] <resource>                release it, regardless of its holder
  quorumlock nodes [options] [found | lift <node>]               show which nodes can vote, and why others cannot
  quorumlock doctor [options]                                    check the nodes

Try it:
  export QUORUMLOCK_NODES="redis://127.0.0.1:7001 redis://127.0.0.1:7002 redis://127.0.0.1:7003"
  quorumlock exec nightly-report -- ./report.sh      waits up to 10 s for the lock
  quorumlock exec --try nightly-report -- ./report.sh   does not wait: exit code 75 if it is held
  quorumlock status nightly-report

Run quorumlock <command> --help for details, quorumlock --version for the version.
`

export const HELP_EXEC: string = `quorumlock exec [options] <resource>… -- command [argument…]

Runs a command while holding a lock. The command inherits standard input, output and error, and no shell is involved.
Several resources are locked together, all or none.

  --ttl TIME          how long the lock outlives a crash of quorumlock (default 30s); renewed while the command runs
  --wait TIME         how long to wait for the lock (default 10s), or "forever"
  --try               do not wait
  --max-hold TIME     end the command after it has held the lock for this long
  --grace TIME        time between SIGTERM and SIGKILL when the lock is about to be lost
                      (default: a quarter of the TTL, at most 10s)
  --fencing           request a fencing token
  --label TEXT        name of the holder, shown by quorumlock status (default: user@host)
  --timeout TIME      how long to wait for a majority of the nodes to connect (default 5s), and the maximum for each reply
  --inherit-nodes     let the command inherit QUORUMLOCK_NODES and QUORUMLOCK_PASSWORD even with passwords

Times are 500ms, 30s, 5m, 1h, or milliseconds.

Environment of the command
  QUORUMLOCK_RESOURCE     the resource, or several, one per line
  QUORUMLOCK_EXPIRES_AT   when the lock expires unless renewed, as of the start, in milliseconds since 1970
  QUORUMLOCK_TOKEN        the fencing token, with --fencing
  QUORUMLOCK_NODES        only if its URLs have no user and no password, or with --inherit-nodes
  QUORUMLOCK_CONFIG       as given

Signals are forwarded to the command; while waiting for the lock, they end the wait. If the lock cannot be renewed, the
command gets SIGTERM, then SIGKILL, so that it ends before another process can acquire the lock. The lock is released
only after the command has ended.

Exit codes
  the command's own, or 128 + n if signal n ended it
   64  wrong usage               126  the command cannot be executed
   69  too few nodes answer      127  command not found
   75  the lock is held           79  the lock was lost while the command ran,
                                      or before it started, so it was not run

${CONNECTION}
`

export const HELP_STATUS: string = `quorumlock status [options] <resource>…

Shows for each node whether it is up, the holder of the resource, the time left and the number of waiters. If too few
nodes answer, it shows the state of each node and the reason.

  --json              one line of JSON per resource and check
  --watch             check repeatedly
  --interval TIME     how often (default 1s)
  --timeout TIME      how long to wait for a majority of the nodes to connect (default 2s), and the maximum for each reply

Exit codes: 0 if a majority of the nodes answered, 64 wrong usage, 69 too few nodes answer.

${CONNECTION}
`

export const HELP_RELEASE: string = `quorumlock release --force [options] <resource>

Releases a resource, regardless of its holder. The holder notices with its next renewal, so for a while two processes
may believe that they hold the lock. Meant for holders with a long TTL that will never come back.

  --force             required
  -y, --yes           do not ask for confirmation; required without a terminal
  --timeout TIME      how long to wait for a majority of the nodes to connect (default 5s), and the maximum for each reply

Exit codes: 0 done, 1 not confirmed, 64 wrong usage, 69 too few nodes answer.

${CONNECTION}
`

export const HELP_NODES: string = `quorumlock nodes [options]
quorumlock nodes found [options]
quorumlock nodes lift [options] <node>

Shows the state of each node: up, down, suspect, quarantined, restoring or new; how far it is restored, and why it is not.
"at most" is the time after which a quarantine would end by itself.

found founds a new fleet by the majority that can be reached; otherwise the first client that locks does when all nodes can
be. Do so only if the fleet is really new: nodes that lost their data look new too, and those that are away may know of locks
that somebody else then gets while their holders still work.

lift ends a quarantine at once. Do so only if no lock can be held that the node forgot: otherwise somebody else may get one of
them while its holder still works. Waiting, and bringing back the other nodes, is always safe.

  --json              one line of JSON
  -y, --yes           for found and lift: do not ask for confirmation; required without a terminal
  --timeout TIME      how long to wait for the nodes to connect (default 2s), and the maximum for each reply

Exit codes: 0 if a majority of the nodes can vote, or done; 1 not confirmed, 64 wrong usage, 69 too few nodes can vote.

${CONNECTION}
`

export const HELP_DOCTOR: string = `quorumlock doctor [options]

Checks each node: reachability, permissions, same server twice, replica, eviction, persistence, clock, version.
Measures round trips, and recommends a TTL and a nodeTimeout.

  --json              print JSON
  --timeout TIME      how long to wait for each reply (default 3s)

Exit codes: 0 healthy, 1 problems found, 64 wrong usage, 69 too few nodes answer.

${CONNECTION}
`

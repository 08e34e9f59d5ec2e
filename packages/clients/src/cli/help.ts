const CONNECTION = `Nodes (all commands)
  -n, --node URL        a lock node, redis:// or rediss://; repeat it for each node
      --config FILE     JSON, all of it optional; paths start at the folder of the file:
                          { "nodes": ["redis://…"], "username": "…", "password": "…" or "passwordFile": "path",
                            "tls": true or { "ca": "path", "cert": "path", "key": "path", "servername": "…" },
                            "keyPrefix": "lock:", "quorum": 3, "durable": true,
                            "ttl": "30s", "wait": "10s", "label": "…" }
      --key-prefix TEXT stands before every resource name (default lock:)
      --quorum N        nodes that have to agree (default: a majority)
      --durable         the nodes write with appendfsync always: trust them after a restart
  -v, --verbose         log what happens to locks and nodes, as JSON lines on stderr
  QUORUMLOCK_NODES      the URLs, separated by spaces or commas
  QUORUMLOCK_PASSWORD   of the nodes whose URL has none
  QUORUMLOCK_CONFIG     the file
  NODE_EXTRA_CA_CERTS   a file of further certificate authorities, for rediss:// nodes
  Flags override environment variables, which override the file.`

export const HELP: string = `quorumlock: locks over several Redis nodes, for the command line

  quorumlock exec [options] <resource>… -- command [argument…]   run a command under a lock
  quorumlock status [options] <resource>…                        who holds it, who waits
  quorumlock release --force [options] <resource>                free it, whoever holds it
  quorumlock doctor [options]                                    check the nodes

Try it:
  export QUORUMLOCK_NODES="redis://127.0.0.1:7001 redis://127.0.0.1:7002 redis://127.0.0.1:7003"
  quorumlock exec nightly-report -- ./report.sh      waits up to 10 s for its turn
  quorumlock exec --try nightly-report -- ./report.sh   gives up at once: exit code 75
  quorumlock status nightly-report

Run quorumlock <command> --help for details, quorumlock --version for the version.
`

export const HELP_EXEC: string = `quorumlock exec [options] <resource>… -- command [argument…]

Runs a command while a lock is held. The command gets our standard input, output and error, and no shell is involved;
several resources are locked together, all or nothing.

  --ttl TIME          how long the lock outlives a crash of ours (default 30s); renewed while the command runs
  --wait TIME         how long to wait for the lock (default 10s), or "forever"
  --try               do not wait
  --max-hold TIME     end the command when it has held the lock for so long
  --grace TIME        between SIGTERM and SIGKILL when the lock is about to be lost (default: a quarter of the TTL, at most 10s)
  --fencing           draw a fencing token
  --label TEXT        who asks, shown by quorumlock status (default: user@host)
  --timeout TIME      how long to wait for a majority of the nodes to connect (default 5s), and the most for one answer
  --inherit-nodes     let the command inherit QUORUMLOCK_NODES and QUORUMLOCK_PASSWORD though they hold passwords

Times are 500ms, 30s, 5m, 1h, or milliseconds.

The command finds in its environment
  QUORUMLOCK_RESOURCE     the resource; several, one per line
  QUORUMLOCK_EXPIRES_AT   when the lock expires unless it is renewed, in milliseconds since 1970, as of the start
  QUORUMLOCK_TOKEN        the fencing token, with --fencing
  QUORUMLOCK_NODES        only if its URLs have no user and no password, or with --inherit-nodes
  QUORUMLOCK_CONFIG       as we got it

Signals go on to the command, and end the waiting. When the lock cannot be renewed the command gets SIGTERM, then
SIGKILL, so that it is gone before another process can get the lock. The lock is released only after the command ended.

Exit codes
  the command's own, or 128 + n when signal n ended it
   64  wrong usage               126  the command cannot be executed
   69  too few nodes answer      127  there is no such command
   75  others hold the lock       79  the lock was lost while the command ran,
                                      or before it started: then nothing was run

${CONNECTION}
`

export const HELP_STATUS: string = `quorumlock status [options] <resource>…

Shows for each node whether it is up, who holds the resource there, for how long, and who waits. When too few nodes
answer to tell, it shows the nodes and why they do not.

  --json              one JSON document per look, one line each
  --watch             look again and again
  --interval TIME     how often (default 1s)
  --timeout TIME      how long to wait for a majority of the nodes to connect (default 2s), and the most for one answer

Exit codes: 0 when a majority of the nodes answered, 64 wrong usage, 69 too few nodes answer.

${CONNECTION}
`

export const HELP_RELEASE: string = `quorumlock release --force [options] <resource>

Frees a resource, whoever holds it. Its holder learns of it with its next renewal, so for a while two may believe that
they hold the lock. Meant for holders that are gone for good and had a long TTL.

  --force             required
  -y, --yes           do not ask; required where there is no terminal
  --timeout TIME      how long to wait for a majority of the nodes to connect (default 5s), and the most for one answer

Exit codes: 0 done, 1 not confirmed, 64 wrong usage, 69 too few nodes answer.

${CONNECTION}
`

export const HELP_DOCTOR: string = `quorumlock doctor [options]

Looks at each node for what would go wrong: reachable, permissions, same server twice, replica, eviction, persistence,
clock, version; measures round trips, and recommends a TTL and a nodeTimeout.

  --json              as JSON
  --timeout TIME      how long to wait for each answer (default 3s)

Exit codes: 0 healthy, 1 something is wrong, 64 wrong usage, 69 too few nodes answer.

${CONNECTION}
`

import type { Fleet } from '@quorumlock/testing'

/** How often these commands have been called, on all servers together. */
export async function serverCalls(fleet: Fleet, commands: readonly string[]): Promise<number> {
  const infos = await Promise.all(fleet.nodes.map((node) => node.command('INFO', 'commandstats')))
  let calls = 0
  for (const info of infos) {
    for (const [, command, count] of info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)) {
      if (commands.includes(command!)) calls += Number(count)
    }
  }
  return calls
}

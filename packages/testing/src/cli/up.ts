import { faults, type FaultName } from '../faults/faults.js'
import type { Fleet } from '../faulty-fleet/fleet.js'
import { startFleet } from '../faulty-fleet/start-fleet.js'
import type { FleetOptions } from '../fleet/options.js'
import type { Undo } from '../undo.js'
import { openControl } from './control.js'

/** Runs a fleet in the foreground until it is interrupted or gets the `down` command. */
export async function up(options: FleetOptions, print: (line: string) => void): Promise<void> {
  const fleet = await startFleet(options)
  const inForce = new Map<string, Undo>()
  let down = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    down = resolve
  })
  const control = await openControl(async ([verb, ...words]) => {
    if (verb === 'status') return status(fleet, inForce)
    if (verb === 'fault') return fault(fleet, inForce, words)
    if (verb === 'heal') {
      await fleet.heal()
      inForce.clear()
      return 'All faults are undone'
    }
    setImmediate(down)
    return 'Going down'
  })
  for (const node of fleet.nodes) print(`${node.name}  ${node.url}`)
  print('Up. Stop with Ctrl-C or: quorumlock-testing down')
  process.once('SIGINT', down)
  process.once('SIGTERM', down)
  await ended
  control.close()
  await fleet.dispose()
}

async function status(fleet: Fleet, inForce: ReadonlyMap<string, Undo>): Promise<string> {
  const lines = await Promise.all(
    fleet.nodes.map(async (node) => {
      const answer = await node.command('PING').then(
        () => 'up',
        () => (node.isRunning ? 'silent' : 'down'),
      )
      const wrong = [...inForce.keys()].filter((entry) => entry.startsWith(`${node.name} `))
      return [node.name, node.url, answer, ...wrong.map((entry) => entry.slice(node.name.length + 1))].join(
        '  ',
      )
    }),
  )
  return lines.join('\n')
}

async function fault(fleet: Fleet, inForce: Map<string, Undo>, words: readonly string[]): Promise<string> {
  const [which = '', name = '', ms] = words
  const node = fleet.nodes.find((candidate) => candidate.name === which) ?? fleet.nodes[Number(which) - 1]
  if (node === undefined)
    throw new Error(`Expected a node, 1 to ${fleet.nodes.length} or its name, got ${which}`)
  if (!Object.hasOwn(faults, name)) {
    throw new Error(`Expected the fault to be one of ${Object.keys(faults).join(', ')}, got ${name}`)
  }
  inForce.set(
    `${node.name} ${name}`,
    await node.inject(name as FaultName, ms === undefined ? {} : { ms: Number(ms) }),
  )
  return `${node.name}: ${faults[name as FaultName].about}. Undo it with: quorumlock-testing heal`
}

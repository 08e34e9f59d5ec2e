#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { askControl } from './control.js'
import { soak } from './soak.js'
import { up } from './up.js'

const usage = `quorumlock-testing: Redis nodes to break

  up [--nodes 5] [--backend processes|compose] [--aof]   start nodes and keep them running
  status                                                 show their state
  fault <node> <fault> [ms]                              inject a fault into one node
  heal                                                   undo all faults
  down                                                   stop them
  soak [--minutes 1] [--seed n] [--clients 4] [--mode minority|anything]
       [--adapter module] [--report out.html]            locks under a nemesis

Exit codes: 0 success, 1 a check was violated, 2 wrong arguments, 3 failure.`

const print = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string', default: '5' },
      backend: { type: 'string', default: 'auto' },
      aof: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      clients: { type: 'string', default: '4' },
      mode: { type: 'string', default: 'minority' },
      adapter: { type: 'string' },
      report: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const fleet = {
    nodes: numberOf('nodes', values.nodes),
    backend: oneOf('backend', values.backend, ['auto', 'processes', 'compose'] as const),
    persistence: values.aof ? ('aof' as const) : ('none' as const),
  }
  const [verb] = positionals
  switch (verb) {
    case 'up':
      await up(fleet, print)
      return 0
    case 'status':
    case 'fault':
    case 'heal':
    case 'down':
      print(await askControl(positionals))
      return 0
    case 'soak': {
      const held = await soak(
        {
          ...fleet,
          adapter: values.adapter,
          report: values.report,
          minutes: numberOf('minutes', values.minutes),
          seed: numberOf('seed', values.seed),
          clients: numberOf('clients', values.clients),
          mode: oneOf('mode', values.mode, ['minority', 'anything'] as const),
        },
        print,
      )
      return held ? 0 : 1
    }
    case undefined:
    default:
      print(usage)
      return values.help ? 0 : 2
  }
}

function numberOf(name: string, given: string): number {
  const number = Number(given)
  if (given.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new TypeError(`Expected --${name} to be a number, got ${given}`)
}

function oneOf<T extends string>(name: string, given: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === given)
  if (found !== undefined) return found
  throw new TypeError(`Expected --${name} to be ${known.join(' or ')}, got ${given}`)
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = error instanceof TypeError ? 2 : 3
  },
)

import type { Inspection, NodeHealth } from '@quorumlock/core'

/** What the demo shows, at one moment. */
export interface Picture {
  readonly second: number
  readonly length: number
  readonly title: string
  readonly nodes: readonly NodeHealth[]
  readonly locks: ReadonlyMap<string, Inspection | string>
  readonly workers: ReadonlyMap<string, WorkerView>
  readonly sections: number
  readonly log: readonly string[]
}

export interface WorkerView {
  readonly state: 'starting' | 'idle' | 'waiting' | 'holding' | 'crashed'
  readonly resources: readonly string[]
  readonly token?: string | undefined
  readonly since: number
}

export interface View {
  /** Shows one event. */
  showLine(line: string): void
  draw(picture: Picture): void
  end(): void
}

/** Without a terminal: a line for each event. */
export function plainView(out: NodeJS.WriteStream): View {
  return {
    showLine: (line) => void out.write(`${line}\n`),
    draw: () => {},
    end: () => {},
  }
}

const esc = '\u001b['
const paint = (code: number, text: string): string => `${esc}${code}m${text}${esc}0m`
const colours: Record<string, number> = {
  up: 32,
  holding: 32,
  waiting: 33,
  quarantined: 33,
  suspect: 35,
  down: 31,
  crashed: 31,
}
const coloured = (word: string, width: number): string => paint(colours[word] ?? 90, word.padEnd(width))

/** In a terminal: redrawn in place, in the alternate screen, so that nothing is left of it afterwards. */
export function liveView(out: NodeJS.WriteStream): View {
  out.write(`${esc}?1049h${esc}?25l`)
  let ended = false
  return {
    showLine: () => {},
    draw(picture) {
      if (ended) return
      const rows = out.rows || 24
      const width = out.columns || 80
      const lines = linesOf(picture, rows)
      const text = lines.slice(0, rows - 1).map((line) => `${cut(line, width)}${esc}K`)
      out.write(`${esc}H${text.join('\n')}${esc}J`)
    },
    end() {
      if (ended) return
      ended = true
      out.write(`${esc}?25h${esc}?1049l`)
    },
  }
}

function linesOf(picture: Picture, rows: number): string[] {
  const { second, length, title, nodes, locks, workers, sections, log } = picture
  const done = Math.min(40, Math.round((second / length) * 40))
  const lines = [
    paint(1, 'quorumlock: locks over five nodes while nodes fail'),
    paint(90, title),
    `${'━'.repeat(done)}${paint(90, '─'.repeat(40 - done))} ${second.toFixed(0)} of ${length} s, ${sections} sections done, stop with Ctrl-C`,
    '',
    paint(1, 'nodes'),
    ...nodes.map(nodeLine),
    '',
    paint(1, 'locks'),
    ...[...locks].map(([resource, seen]) => lockLine(resource, seen, workers)),
    '',
    paint(1, 'workers'),
    ...[...workers].map(([name, worker]) => workerLine(name, worker)),
    '',
  ]
  return [...lines, ...log.slice(-Math.max(1, rows - lines.length - 1))]
}

function nodeLine(node: NodeHealth): string {
  const trip = node.roundTrip === undefined ? '' : `${node.roundTrip.toFixed(1)} ms`
  const out =
    node.quarantine === undefined ? '' : `excluded for another ${(node.quarantine / 1000).toFixed(1)} s`
  const why = node.state === 'down' || node.state === 'suspect' ? (node.lastError ?? '') : out
  return `  ${node.name.padEnd(24)} ${coloured(node.state, 12)} ${trip.padStart(8)}  ${paint(90, why)}`
}

function lockLine(
  resource: string,
  seen: Inspection | string,
  workers: ReadonlyMap<string, WorkerView>,
): string {
  if (typeof seen === 'string') return `  ${resource.padEnd(10)} ${paint(31, seen)}`
  const holder = [...workers].find(
    ([, { state, resources }]) => state === 'holding' && resources.includes(resource),
  )
  const token = holder?.[1].token ?? ''
  const who = seen.locked ? `held${holder === undefined ? '' : ` by ${holder[0]}`}` : 'free'
  const votes = seen.nodes.map(({ holder: on, vote }) => (vote !== 'granted' ? '×' : on === null ? '·' : '●'))
  return `  ${resource.padEnd(10)} ${votes.join(' ')}  ${who.padEnd(18)} ${seen.waiters} waiting  ${paint(90, token && `token ${token}`)}`
}

function workerLine(name: string, worker: WorkerView): string {
  const since = `${(worker.since / 1000).toFixed(1)} s`
  return `  ${name.padEnd(10)} ${coloured(worker.state, 9)} ${worker.resources.join(' + ').padEnd(20)} ${paint(90, since)}`
}

/** Cuts a line to the width of the terminal, without counting colours. */
function cut(line: string, width: number): string {
  let shown = 0
  let result = ''
  // eslint-disable-next-line no-control-regex -- the escape is what is looked for
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith(esc)) result += part
    else {
      result += part.slice(0, Math.max(0, width - shown))
      shown += part.length
    }
  }
  return result
}

import { machineNow, type HistoryEvent } from '@quorumlock/testing'
import type { Stage, StageWorker } from './stage.js'
import type { WorkerView } from './view.js'

/** A hold younger than this is still far from its write, milliseconds. */
const YOUNG = 100

interface Member {
  readonly worker: StageWorker
  state: WorkerView['state']
  resources: readonly string[]
  token: string | undefined
  since: number
}

/** The workers, and what each is doing according to the history that it reports. */
export class Crew {
  readonly history: HistoryEvent[] = []
  /** Sections that have ended. */
  sections = 0
  crashes = 0
  losses = 0
  failures = 0
  readonly #members = new Map<string, Member>()
  #hired = 0

  constructor(
    readonly stage: Stage,
    readonly report: (line: string) => void,
  ) {}

  hire(name: string): void {
    const again = this.#members.has(name)
    const client = again ? `${name} ${++this.#hired + 1}` : name
    const worker = this.stage.startWorker(client, (event) => {
      this.history.push(event)
      if (member.state !== 'crashed') this.#follow(name, member, event)
    })
    const member: Member = { worker, state: 'starting', resources: [], token: undefined, since: machineNow() }
    this.#members.set(name, member)
  }

  /** A worker that has just acquired a lock. */
  get freshHolder(): string | undefined {
    for (const [name, { state, since }] of this.#members)
      if (state === 'holding' && machineNow() - since < YOUNG) return name
    return undefined
  }

  /** Ends a worker and returns what it held. */
  crash(name: string): readonly string[] {
    const member = this.#members.get(name)!
    member.worker.crash()
    this.crashes++
    become(member, 'crashed')
    return member.resources
  }

  get ready(): boolean {
    return [...this.#members.values()].every(({ state }) => state !== 'starting')
  }

  get views(): ReadonlyMap<string, WorkerView> {
    const time = machineNow()
    return new Map(
      [...this.#members].map(([name, member]) => [name, { ...member, since: time - member.since }]),
    )
  }

  async dismiss(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ worker }) => worker.stop()))
  }

  /** A lock on several resources comes as one event for each. */
  #follow(name: string, member: Member, event: HistoryEvent): void {
    const shown = member.resources.join(' + ')
    switch (event.kind) {
      case 'asked':
        if (member.state === 'waiting') member.resources = [...member.resources, event.resource]
        else become(member, 'waiting', [event.resource])
        return
      case 'acquired':
        if (member.state !== 'holding') become(member, 'holding', member.resources, event.token)
        return
      case 'failed':
        if (member.state === 'idle') return
        this.failures++
        this.report(`${name} could not acquire ${shown}: ${event.error}`)
        become(member, 'idle')
        return
      case 'lost':
        if (member.state === 'idle') return
        this.losses++
        this.report(`${name} lost ${shown}`)
        become(member, 'idle')
        return
      case 'releasing':
        this.sections++
        return
      case 'released':
        if (member.state !== 'idle') become(member, 'idle')
        return
      case 'extended':
      case 'wrote':
        return
    }
  }
}

function become(
  member: Member,
  state: Member['state'],
  resources: readonly string[] = state === 'crashed' ? member.resources : [],
  token?: string,
): void {
  Object.assign(member, { state, resources, token, since: machineNow() })
}

import { now, type WorkerEvent } from './events.js'
import type { Score } from './score.js'
import type { Stage, StageWorker } from './stage.js'
import type { WorkerView } from './view.js'

interface Member {
  worker: StageWorker
  state: WorkerView['state']
  resources: readonly string[]
  token: string | undefined
  since: number
}

/** The workers, and what each is doing as far as it told. */
export class Crew {
  readonly #members = new Map<string, Member>()

  constructor(
    readonly stage: Stage,
    readonly score: Score,
    readonly onEvent: (name: string, event: WorkerEvent) => void,
  ) {}

  hire(name: string): void {
    const member: Member = {
      worker: undefined as never,
      state: 'starting',
      resources: [],
      token: undefined,
      since: now(),
    }
    this.#members.set(name, member)
    member.worker = this.stage.startWorker(name, (event) => {
      this.score.note(name, event)
      follow(member, event)
      this.onEvent(name, event)
    })
  }

  /** One that holds a lock right now. */
  get holder(): string | undefined {
    for (const [name, member] of this.#members) if (member.state === 'holding') return name
    return undefined
  }

  /** Ends a worker and tells what it held. */
  crash(name: string): readonly string[] {
    const member = this.#members.get(name)!
    const { resources } = member
    member.worker.crash()
    this.score.crashed(name, now())
    member.state = 'crashed'
    member.since = now()
    return resources
  }

  get ready(): boolean {
    return [...this.#members.values()].every(({ state }) => state !== 'starting')
  }

  get views(): ReadonlyMap<string, WorkerView> {
    const time = now()
    return new Map(
      [...this.#members].map(([name, member]) => [name, { ...member, since: time - member.since }]),
    )
  }

  async dismiss(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ worker }) => worker.stop()))
  }
}

function follow(member: Member, event: WorkerEvent): void {
  member.since = now()
  if (event.kind === 'waiting') {
    member.state = 'waiting'
    member.resources = event.resources
  } else if (event.kind === 'entered') {
    member.state = 'holding'
    member.token = event.token
  } else {
    member.state = 'idle'
    member.resources = []
    member.token = undefined
  }
}

import type { PlanChanges, World } from '../../../src/simulator/plan.js'
import type { Mutation } from './mutated-core.js'

export interface PlantedFault extends Mutation {
  /** Found within so many seeds, from seed 1 on. */
  readonly within: number
  /** `safe` unless it is said. */
  readonly world?: World | undefined
  /** Looked for in worlds of this kind; in all worlds otherwise. */
  readonly plan?: PlanChanges | undefined
}

/** Busy locks that go from process to process over a network that stalls. */
const HANDING_OVER: PlanChanges = {
  ...{ nodes: 3, quorum: 2, clients: 4, resources: 1, fair: 'always', calmness: 30, ttls: [100, 3_000] },
  only: ['autoExtend', 'maxHold', 'extend', 'overstay', 'detach', 'resume', 'stall'],
}

/** Nodes give the lock to whoever is next, and word of it is slow. */
const HANDED_OVER: PlanChanges = {
  ...{
    nodes: 3,
    quorum: 2,
    clients: 4,
    actors: 2,
    resources: 1,
    fair: 'always',
    fencing: false,
    guard: true,
  },
  ...{
    calmness: 30,
    ttls: [300, 10_000],
    sectionTime: 50,
    thinkTime: 5,
    delay: 2,
    spike: 1_000,
    spikeChance: 0.1,
  },
  only: ['stall', 'overstay', 'extend'],
}

/** A renewal over a network that stalls meets the holder's own extension to less time. */
const EXTENDED_TWICE: PlanChanges = {
  ...{ nodes: 1, quorum: 1, clients: 4, actors: 2, resources: 1, fair: 'always', fencing: false },
  ...{ guard: true, calmness: 30, ttls: [300, 2_000], sectionTime: 100, thinkTime: 5 },
  ...{ delay: 10, jitter: 10, spikeChance: 0, stormUntil: 6_000, operations: 30 },
  only: ['extend', 'stall', 'autoExtend'],
}

/** One rule of the algorithm each, taken out. */
export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    name: 'no roll-back of a lost round',
    file: 'operations/proposal.ts',
    from: "if (this.#phase === 'lost' && mayHold(reply)) this.#rollBackOn(member)",
    to: '',
    within: 200,
  },
  {
    name: 'an expired lock is handed out',
    file: 'operations/attempt.ts',
    from: 'if (lease.remaining(quorum.now()) > 0) return lease',
    to: 'if (true) return lease',
    within: 200,
  },
  {
    name: 'a majority of the nodes that were reached',
    file: 'quorum/tally.ts',
    from: 'return this.granted >= this.quorum',
    to: "return this.granted > this.replies.filter((reply) => reply === undefined || reply.vote === 'granted' || reply.vote === 'refused').length / 2",
    within: 200,
  },
  {
    name: 'a value used again',
    file: 'operations/attempt.ts',
    from: 'const value = place?.name ?? withLabel(quorum.random.id(), options.label)',
    to: 'const value = ((quorum as { value?: string }).value ??= withLabel(quorum.random.id(), options.label))',
    within: 50,
  },
  {
    name: 'release without looking who owns the key',
    file: 'node/node-state.ts',
    from: 'if (liveLock(state, key, now)?.value !== value) continue',
    to: 'if (liveLock(state, key, now) === undefined) continue',
    within: 50,
  },
  {
    name: 'a token is not compared',
    file: 'node/node-state.ts',
    from: 'if (fence !== undefined && counter >= fence.token) {',
    to: 'if (false) {',
    within: 100,
  },
  {
    name: 'quarantine ignored',
    file: 'node/node-state.ts',
    from: "return refused('quarantined', now, Math.max(0, marker.quarantinedUntil - now))",
    to: 'return undefined',
    within: 1000,
  },
  {
    name: 'the queue in order of arrival',
    file: 'node/node-state.ts',
    from: 'const behind = others.findIndex((other) => comesBefore(place, other))',
    to: 'const behind = -1',
    within: 50,
  },
  {
    name: 'a repair counted towards its own round',
    file: 'operations/extend.ts',
    from: "if (tally.outcome === 'lost') return tally.isGone ? 'lost' : 'inconclusive'",
    to: "if (tally.outcome === 'lost' && tally.refusals('taken') > 0) return tally.isGone ? 'lost' : 'inconclusive'",
    within: 1500,
  },
  {
    name: 'a late grant kept',
    file: 'operations/proposal.ts',
    from: "if (this.#phase !== 'won' && this.#phase !== 'lost') return",
    to: "if (this.#phase !== 'won') return",
    within: 500,
  },
  {
    name: 'the quarantine that others imposed not looked into',
    file: 'quorum/member.ts',
    from: "return reply.reason === 'quarantined' && this.admission.quarantinedUntil === undefined",
    to: 'return false',
    within: 500,
    plan: { nodes: 2, quorum: 2, only: ['flush', 'clientCrash', 'try'], guard: true, calmness: 100 },
  },
  {
    name: 'forcing a detached lock frees all of it',
    file: 'holds.ts',
    from: 'if (!lease.detached) releaseEverywhere',
    // Nodes that know the heir refuse what the giver says as such.
    to: 'lease.bearer = undefined\n    releaseEverywhere',
    within: 1000,
    plan: { nodes: 1, quorum: 1, resources: 2, only: ['several', 'resume', 'force', 'overstay', 'extend'] },
  },
  {
    name: 'drift left out',
    file: 'quorum/validity.ts',
    from: 'return ttl - driftOf(ttl, driftFactor)',
    to: 'return ttl',
    within: 50,
    plan: { ...HANDING_OVER, drift: 0.003, ttls: [1_000, 5_000] },
  },
  {
    name: 'wake-ups trusted, no timer behind them',
    file: 'wait/waiting.ts',
    from: 'await this.#sleepUntil(Math.max(due, now + 1))',
    to: 'await new Promise<void>((resolve) => { this.#wake = resolve })',
    within: 50,
  },
  {
    name: 'validity counted from the answer',
    file: 'operations/attempt.ts',
    from: 'new Lease(request, value, fence?.token, start, tally',
    to: 'new Lease(request, value, fence?.token, quorum.now(), tally',
    within: 1000,
  },
  {
    name: 'the head of the queue is not asked',
    file: 'node/node-state.ts',
    from: 'if (self === undefined || comesBefore(head, self)) life',
    to: 'if (self === undefined) life',
    within: 500,
  },
  {
    name: 'a place is not given up',
    file: 'node/node-state.ts',
    from: 'dequeue(state, keys, value)',
    to: '',
    within: 50,
  },
  {
    name: 'no clock but the monotonic one',
    file: 'lease.ts',
    from: "const left = Math.min(this.#end('monotonic') - now.monotonic, this.#end('wall') - now.wall)",
    to: "const left = this.#end('monotonic') - now.monotonic",
    within: 200,
  },
  {
    name: 'a restarted node is taken for one that kept everything',
    file: 'guard/survey.ts',
    from: 'return marker !== null && (marker.run === run || durable)',
    to: 'return marker !== null',
    within: 4000,
    plan: {
      ...{ nodes: 3, quorum: 2, clients: 3, resources: 1, guard: true, durable: false },
      ...{ calmness: 60, ttls: [5_000], sectionTime: 1_000 },
      only: ['lossyRestart', 'stall', 'overstay'],
    },
  },
  {
    name: 'the time of a lock that was handed over counted from its coming',
    file: 'wait/hand-over.ts',
    from: '.provisional(this.#start)',
    to: '.provisional(now)',
    within: 1000,
    plan: HANDED_OVER,
  },
  {
    name: 'a lock that was handed over believed for as long as was asked for',
    file: 'wait/hand-over.ts',
    from: 'validityOf(shortest, driftFactor)',
    to: 'validityOf(ttl, driftFactor)',
    within: 1000,
    plan: {
      ...{ ...HANDED_OVER, nodes: 1, quorum: 1, ttls: [10_000], sectionTime: 4_000, calmness: 1_000 },
      ...{ spikeChance: 0, stormUntil: 20_000, operations: 20, only: ['stall', 'overstay'] },
    },
  },
  {
    name: 'a hand-over believed whichever attempt it was the answer to',
    file: 'wait/hand-over.ts',
    from: 'if (member.admission.obstacle !== undefined || this.#deadlines.get(member) !== deadline) continue',
    to: '',
    within: 1000,
    plan: { ...HANDED_OVER, nodes: 1, quorum: 1, ttls: [300] },
  },
  // What the simulator found in the core itself, planted again.
  {
    name: 'a place that keeps its name though that was released',
    file: 'wait/place.ts',
    from: 'this.name = this.#nextName()\n    this.#attempted = undefined',
    to: 'this.#attempted = undefined',
    within: 500,
    plan: { ...HANDED_OVER, nodes: 1, quorum: 1, ttls: [1_000], only: ['break', 'stall', 'overstay'] },
  },
  {
    name: 'a detached lock is freed when its maxHold is over, though another process holds it now',
    file: 'holds.ts',
    from: "if (lease.detached && reason !== 'forced') return",
    to: "if (lease.detached && reason !== 'forced') { releaseEverywhere(this.#quorum, lease); return }",
    within: 300,
    // Nodes that know the heir refuse what the giver says: so locks are short, and change hands all the time.
    plan: { ...HANDING_OVER, ttls: [100, 300], calmness: 15 },
  },
  {
    name: 'nobody gives way after split votes',
    file: 'wait/waiting.ts',
    from: 'await this.#yieldAfterSplits(tally, now)',
    to: '',
    within: 500,
    plan: {
      ...{
        nodes: 3,
        quorum: 3,
        clients: 4,
        resources: 1,
        fair: 'always',
        ttls: [300],
        jitter: 10,
        guard: false,
      },
      ...{ nodeClockError: 5_000, clientClockError: 2_000 },
      only: [],
    },
  },
  {
    name: 'a quarantine that was too short ends all the same',
    file: 'guard/quarantine.ts',
    from: 'if (longest <= longestTtl) return true',
    to: 'if (longest > 0) return true',
    within: 1000,
    plan: {
      ...{
        nodes: 3,
        quorum: 2,
        clients: 4,
        actors: 2,
        resources: 1,
        guard: true,
        durable: false,
        calmness: 100,
      },
      ...{ ttls: [200, 20_000], fair: 'always', sectionTime: 50, thinkTime: 5, delay: 2, spikeChance: 0 },
      only: ['crash', 'flush', 'freeze', 'overstay'],
    },
  },
  // At the edges of the interface.
  {
    name: 'the first call asks whichever nodes were checked first',
    file: 'guard/readiness.ts',
    from: 'for (const member of this.#unchecked) if (member.isReachable) return false',
    to: '',
    world: 'edges',
    within: 200,
  },
  {
    name: 'a node that can vote later does not get what is held',
    file: 'holds.ts',
    from: 'for (const lease of this.#holds.keys()) topUp(lease, member)',
    to: '',
    world: 'edges',
    within: 200,
  },
  {
    name: 'an aborted resume leaves its lease behind',
    file: 'operations/resume.ts',
    from: "or expire.\n    lease.end('released')",
    to: 'or expire.\n    client.holds.adopt(lease, {})',
    world: 'edges',
    within: 500,
    plan: { resources: 1, only: ['heir', 'interrupt'] },
  },
  {
    name: 'a giver frees what its heir holds',
    file: 'node/node-state.ts',
    from: 'return borne?.value === value && borne.bearer > bearer && now <= borne.expiresAt',
    to: 'return false',
    world: 'edges',
    within: 200,
  },
  {
    name: 'close() waits for no more than a majority of its releases',
    file: 'operations/close.ts',
    from: 'isReachable && pendingReleases + pending > 0',
    to: 'isReachable && pendingReleases > 0',
    world: 'edges',
    within: 500,
    plan: { only: ['visit'] },
  },
  {
    name: 'whatever is held under a name is released under it',
    file: 'redlock.ts',
    from: 'return new NamedLock(this, request.resources[0] as string, options)',
    to: 'return ((this as unknown as { named?: NamedLock }).named ??= new NamedLock(this, request.resources[0] as string, options))',
    world: 'edges',
    within: 200,
    plan: { resources: 1 },
  },
  {
    name: 'a deadline put off for as long as timers are late',
    file: 'quorum/round.ts',
    from: 'now - due > STALLED && !this.#isPutOff',
    to: 'now - due > STALLED',
    world: 'edges',
    within: 500,
  },
  {
    name: 'a place of which nobody hears keeps the others waiting',
    file: 'node/node-state.ts',
    from: '      // Its process has died, or cannot be reached',
    to: '      break\n      // Its process',
    world: 'edges',
    within: 200,
  },
  {
    name: 'a lock that was handed over extended past what its holder asked for',
    file: 'holds.ts',
    from: 'while (lease.extending !== undefined) await lease.extending\n    if (!lease',
    to: 'if (!lease',
    world: 'edges',
    within: 1000,
    plan: EXTENDED_TWICE,
  },
  {
    name: 'an extension adds nothing to what was handed over',
    file: 'lease.ts',
    from: '    this.validity = validity\n    this.isProvisional',
    to: '    this.validity = Math.min(validity, this.validity)\n    this.isProvisional',
    world: 'edges',
    within: 100,
    plan: { ttls: [10_000], guard: true, fencing: false, only: ['visit'] },
  },
]

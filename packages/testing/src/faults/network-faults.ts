import type { Fault } from './fault.js'

export type NetworkFault =
  | 'latency'
  | 'slow requests'
  | 'jitter'
  | 'partition'
  | 'stalled requests'
  | 'stalled replies'
  | 'blackhole'
  | 'lost requests'
  | 'lost replies'
  | 'refuse'
  | 'refuse new'
  | 'mute accept'
  | 'reset'
  | 'orderly close'
  | 'half-open'
  | 'reset on request'
  | 'reset in mid-reply'
  | 'lose reply'
  | 'swallow reply'
  | 'lose request'
  | 'duplicate request'
  | 'garbage'
  | 'bandwidth'
  | 'sliced'

/** Faults of the connections, simulated by the proxy. */
export const networkFaults: Readonly<Record<NetworkFault, Fault>> = {
  latency: {
    group: 'network',
    about: 'every reply is delayed',
    inject: (node, { ms = 50 }) => node.network.impose('replies', { latency: ms }),
  },
  'slow requests': {
    group: 'network',
    about: 'every request is delayed',
    inject: (node, { ms = 50 }) => node.network.impose('requests', { latency: ms }),
  },
  jitter: {
    group: 'network',
    about: 'every reply is delayed by a random time',
    inject: (node, { ms = 100 }) => node.network.impose('replies', { jitter: ms }),
  },
  partition: {
    group: 'network',
    about: 'nothing passes; it is delivered after the partition',
    inject: (node) => node.network.stall(),
  },
  'stalled requests': {
    group: 'network',
    about: 'requests are delivered only after the fault',
    inject: (node) => node.network.stall('requests'),
  },
  'stalled replies': {
    group: 'network',
    about: 'commands are applied, but replies are delivered only after the fault',
    inject: (node) => node.network.stall('replies'),
  },
  blackhole: {
    group: 'network',
    about: 'nothing passes, and everything sent is lost',
    inject: (node) => node.network.discard(),
  },
  'lost requests': {
    group: 'network',
    about: 'commands never arrive',
    inject: (node) => node.network.discard('requests'),
  },
  'lost replies': {
    group: 'network',
    about: 'commands are applied, but their replies are lost',
    inject: (node) => node.network.discard('replies'),
  },
  refuse: {
    group: 'network',
    about: 'connections are reset, and new ones refused',
    inject: (node) => node.network.refuse(),
  },
  'refuse new': {
    group: 'network',
    about: 'open connections continue, new ones are refused',
    inject: (node) => node.network.refuse('keep'),
  },
  'mute accept': {
    group: 'network',
    about: 'connections are reset; new ones are accepted and never answered',
    inject: async (node) => {
      const undo = await node.network.stall()
      node.network.reset()
      return undo
    },
  },
  reset: {
    group: 'network',
    about: 'every connection is reset, once',
    inject: async (node) => {
      node.network.reset()
      return async () => undefined
    },
  },
  'orderly close': {
    group: 'network',
    about: 'every connection is ended, once',
    inject: async (node) => {
      node.network.end()
      return async () => undefined
    },
  },
  'half-open': {
    group: 'network',
    about: 'the server forgets every connection, unnoticed by the clients',
    inject: (node) => node.network.halfOpen(),
  },
  'reset on request': {
    group: 'network',
    about: 'the connection is reset before the command arrives',
    inject: (node, { command, nth }) => node.network.intercept({ command, nth }, { kind: 'reset' }),
  },
  'reset in mid-reply': {
    group: 'network',
    about: 'one byte of the reply arrives, then a reset',
    inject: (node, { command, nth }) => node.network.cutReply(1, { command, nth }),
  },
  'lose reply': {
    group: 'network',
    about: 'the command is applied, and the connection is reset before its reply',
    inject: (node, { command, nth }) => node.network.loseReply({ command, nth }),
  },
  'swallow reply': {
    group: 'network',
    about: 'the command is applied; its reply and everything after it are lost',
    inject: (node, { command, nth }) => node.network.loseReply({ command, nth, then: 'silence' }),
  },
  'lose request': {
    group: 'network',
    about: 'the command and everything after it never arrive',
    inject: (node, { command, nth }) => node.network.loseRequest({ command, nth, then: 'silence' }),
  },
  'duplicate request': {
    group: 'network',
    about: 'the command arrives a second time later, on another connection',
    inject: (node, { command, nth, ms = 20 }) =>
      node.network.intercept({ command, nth }, { kind: 'duplicate', afterMs: ms }),
  },
  garbage: {
    group: 'network',
    about: 'the reply violates the protocol',
    inject: (node, { command, nth }) =>
      node.network.intercept({ command, nth }, { kind: 'replace reply', reply: 'HTTP/1.1 400 Bad\r\n\r\n' }),
  },
  bandwidth: {
    group: 'network',
    about: 'replies trickle, at 2 kB per second',
    inject: (node) => node.network.impose('replies', { bytesPerSecond: 2_000 }),
  },
  sliced: {
    group: 'network',
    about: 'every byte of a reply arrives alone',
    inject: (node) => node.network.impose('replies', { sliced: true }),
  },
}

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

/** What happens to the connections, in the proxy. */
export const networkFaults: Readonly<Record<NetworkFault, Fault>> = {
  latency: {
    group: 'network',
    about: 'every reply comes later',
    inject: (node, { ms = 50 }) => node.network.impose('replies', { latency: ms }),
  },
  'slow requests': {
    group: 'network',
    about: 'every request arrives later',
    inject: (node, { ms = 50 }) => node.network.impose('requests', { latency: ms }),
  },
  jitter: {
    group: 'network',
    about: 'every reply comes later, by a random time',
    inject: (node, { ms = 100 }) => node.network.impose('replies', { jitter: ms }),
  },
  partition: {
    group: 'network',
    about: 'nothing passes; it is delivered when the partition is over',
    inject: (node) => node.network.stall(),
  },
  'stalled requests': {
    group: 'network',
    about: 'requests do not arrive before this is over',
    inject: (node) => node.network.stall('requests'),
  },
  'stalled replies': {
    group: 'network',
    about: 'commands are applied, replies do not arrive before this is over',
    inject: (node) => node.network.stall('replies'),
  },
  blackhole: {
    group: 'network',
    about: 'nothing passes, and what was sent is lost',
    inject: (node) => node.network.discard(),
  },
  'lost requests': {
    group: 'network',
    about: 'commands never arrive',
    inject: (node) => node.network.discard('requests'),
  },
  'lost replies': {
    group: 'network',
    about: 'commands are applied, their replies lost',
    inject: (node) => node.network.discard('replies'),
  },
  refuse: {
    group: 'network',
    about: 'connections are reset, new ones refused',
    inject: (node) => node.network.refuse(),
  },
  'refuse new': {
    group: 'network',
    about: 'connections that stand go on, new ones are refused',
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
    about: 'the server forgets every connection and no client learns of it',
    inject: (node) => node.network.halfOpen(),
  },
  'reset on request': {
    group: 'network',
    about: 'a command makes the connection break before it arrives',
    inject: (node, { command, nth }) => node.network.intercept({ command, nth }, { kind: 'reset' }),
  },
  'reset in mid-reply': {
    group: 'network',
    about: 'a byte of the reply, then a reset',
    inject: (node, { command, nth }) => node.network.cutReply(1, { command, nth }),
  },
  'lose reply': {
    group: 'network',
    about: 'the command is applied, the connection breaks before its reply',
    inject: (node, { command, nth }) => node.network.loseReply({ command, nth }),
  },
  'swallow reply': {
    group: 'network',
    about: 'the command is applied, from its reply on nothing arrives',
    inject: (node, { command, nth }) => node.network.loseReply({ command, nth, then: 'silence' }),
  },
  'lose request': {
    group: 'network',
    about: 'the command never arrives, from then on nothing does',
    inject: (node, { command, nth }) => node.network.loseRequest({ command, nth, then: 'silence' }),
  },
  'duplicate request': {
    group: 'network',
    about: 'the command arrives again later, on another connection',
    inject: (node, { command, nth, ms = 20 }) =>
      node.network.intercept({ command, nth }, { kind: 'duplicate', afterMs: ms }),
  },
  garbage: {
    group: 'network',
    about: 'the reply is not of this protocol',
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

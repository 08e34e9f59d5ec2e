// redlock 5 beta ships types that its `exports` do not name; this is the part that is used here.
declare module 'redlock' {
  export default class Redlock {
    constructor(clients: Iterable<unknown>, settings?: { readonly retryCount?: number })
    acquire(resources: string[], duration: number): Promise<{ release(): Promise<unknown> }>
  }
}

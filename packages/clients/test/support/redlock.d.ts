// redlock 5 beta ships types, but its `exports` do not list them. This is the part used here.
declare module 'redlock' {
  interface Lock {
    readonly value: string
    readonly resources: string[]
    release(): Promise<unknown>
  }
  export default class Redlock {
    constructor(clients: Iterable<unknown>, settings?: { readonly retryCount?: number })
    on(event: 'error', listener: (error: unknown) => void): this
    acquire(resources: string[], duration: number): Promise<Lock>
  }
}

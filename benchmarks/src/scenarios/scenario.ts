import type { Finding } from '../report/result.js'
import type { Context } from './context.js'

export interface Scenario {
  readonly id: string
  readonly run: (context: Context) => Promise<Finding>
}

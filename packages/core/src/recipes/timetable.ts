import { Cron } from 'croner'
import { shown } from '../check.js'
import { checkTime } from './checks.js'

/** The due times of a job, in epoch milliseconds. They are the same in every process, regardless of when it started. */
export interface Timetable {
  /** The first due time after this time; `undefined` if there is none. */
  after(time: number): number | undefined
  /** The last due time up to and including this time; `undefined` if there is none. */
  upTo(time: number): number | undefined
}

/** Due times at whole multiples of the interval since 1970. */
export function everyInterval(interval: number): Timetable {
  checkTime('interval', interval, 1)
  const upTo = (time: number): number => Math.floor(time / interval) * interval
  return { upTo, after: (time) => upTo(time) + interval }
}

/** Due times of a cron expression with five parts, or six with seconds first. UTC unless a time zone is given. */
export function cronExpression(expression: string, timezone = 'UTC'): Timetable {
  if (typeof expression !== 'string') {
    throw new TypeError(`Expected \`expression\` to be a cron expression, got ${shown(expression)}`)
  }
  const cron = parsed(expression, timezone)
  const timeOf = (date: Date | null | undefined): number | undefined => date?.getTime()
  return {
    after: (time) => timeOf(cron.nextRun(new Date(time))),
    // Rounded up to a later second, because cron times are whole seconds and `previousRuns` excludes the given moment.
    upTo: (time) => timeOf(cron.previousRuns(1, new Date(Math.floor(time / 1_000) * 1_000 + 1_000))[0]),
  }
}

function parsed(expression: string, timezone: string): Cron {
  try {
    const cron = new Cron(expression, { paused: true, timezone, mode: '5-or-6-parts' })
    // An unknown time zone throws only here.
    cron.nextRun(new Date(0))
    return cron
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RangeError(
      `Expected \`expression\` and \`timezone\` to be a cron expression and a time zone, got ${shown(expression)} in ${shown(timezone)}: ${reason}`,
      { cause },
    )
  }
}

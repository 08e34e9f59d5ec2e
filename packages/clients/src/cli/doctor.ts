import { doctor as examine } from '../doctor/doctor.js'
import { formatDoctorReport } from '../doctor/format.js'
import { common, parse } from './command-line.js'
import { ExitCode } from './exit-codes.js'
import { usage } from './failure.js'
import { HELP_DOCTOR } from './help.js'
import { connectionFrom } from './connection.js'
import { visibleJson } from '../visible.js'
import { print } from './say.js'

const OPTIONS = { ...common, json: { type: 'boolean' } } as const

/** `quorumlock doctor`: checks the nodes. */
export async function doctor(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values, words } = parse(args, OPTIONS)
  if (values.help === true) return print(HELP_DOCTOR)
  if (words.length > 0) throw usage(`Expected no further arguments, got "${words.join(' ')}"`)
  const { nodes, keyPrefix, quorum, timeout, username, password, tls } = connectionFrom(values, env)
  const report = await examine(nodes, { keyPrefix, timeout, username, password, tls })
  print(values.json === true ? `${visibleJson(report)}\n` : `${formatDoctorReport(report).trimEnd()}\n`)
  if (report.nodes.filter(({ reachable }) => reachable).length < (quorum ?? Math.floor(nodes.length / 2) + 1))
    return ExitCode.unavailable
  return report.healthy ? ExitCode.ok : ExitCode.declined
}

// One process with one contender: `main.ts <contender> <url>…`. Performs the tasks its parent sends, one at a time.
import { entryOf } from '../contenders/field.js'
import type { Contender } from '../contenders/contender.js'
import { contend } from './contend.js'
import { cycles } from './cycles.js'
import { hold } from './hold.js'
import type { Order, Report, Task } from './task.js'

const [name, ...urls] = process.argv.slice(2)
// Before any connection is opened, because the event is not repeated if the parent ends in the meantime.
process.on('disconnect', () => setTimeout(() => process.exit(), 2_000).unref())
const contender = await entryOf(name!).open(urls)

function perform(task: Task, by: Contender): Promise<unknown> {
  switch (task.kind) {
    case 'cycles':
      return cycles(by, task)
    case 'contend':
      return contend(by, task)
    case 'hold':
      return hold(by, task)
  }
}

async function obey({ id, task }: Order): Promise<void> {
  if (task.kind === 'close') {
    await contender.close()
    process.disconnect()
    return
  }
  const report: Report = await perform(task, contender).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: String(error) }),
  )
  process.send?.(report)
}

// A rejection that a library leaves unhandled is logged, and must not end the measurement.
process.on('unhandledRejection', (reason) => console.error(`${name}: unhandled ${String(reason)}`))
process.on('message', (order: Order) => void obey(order))
process.send?.({ id: 0, result: 'ready' } satisfies Report)

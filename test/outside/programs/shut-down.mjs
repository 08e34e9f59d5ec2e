// Getting started: close() at shutdown.
import { setTimeout as work } from 'node:timers/promises'
import { opened } from './opened.mjs'

const [kind] = process.argv.slice(2)
const { redlock, close } = await opened(kind)
process.once('SIGINT', () => {
  process.exitCode = 130
  void close()
})

try {
  await redlock.using('order:42', async (lock) => {
    console.log('inside')
    await work(600_000, undefined, { signal: lock.signal })
  })
} catch (error) {
  console.log(`stopped by ${error.name}: ${(error.cause ?? error).message}`)
}

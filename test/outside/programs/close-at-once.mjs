// Releases locks without waiting, and closes immediately.
import { opened } from './opened.mjs'

const [kind] = process.argv.slice(2)
const { redlock, close } = await opened(kind)
const locks = await Promise.all([1, 2, 3].map((number) => redlock.acquire(`order:${number}`)))
console.log('held')
for (const lock of locks) void lock.release()
await close()

// B4: several resources in one lock: all of them or none.
import assert from 'node:assert/strict'
import { close, open } from './open.js'

const [here, there] = [open(), open()]
const transfer = await here.acquire(['account:1', 'account:2'])
assert.equal(await there.tryAcquire(['account:2', 'account:3']), null)
assert.equal(await there.isLocked('account:3'), false)
await transfer.release()
await close()

// A CommonJS module that holds a lock until the next line of input.
const { connect } = require('@quorumlock/clients')
const { LockContendedError } = require('@quorumlock/core')
const { once } = require('@quorumlock/core/recipes')

async function main() {
  const redlock = await connect(process.env.REDIS_URLS.split(' '))
  const lock = await redlock.acquire('order:42')
  console.log('held', typeof LockContendedError, typeof once)
  await new Promise((resolve) => process.stdin.once('data', resolve))
  process.stdin.pause()
  console.log(await lock.release())
  await redlock.close()
}

void main()

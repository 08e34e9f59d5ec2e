// A CommonJS module with a dependency that is an ES module: errors of both formats are instances of the same classes.
const { connect } = require('@quorumlock/clients')
const required = require('@quorumlock/core')

async function main() {
  const imported = await import('@quorumlock/core')
  const redlock = await connect(process.env.REDIS_URLS.split(' '))
  try {
    await redlock.acquire('order:42', { wait: 0 })
  } catch (error) {
    console.log(error instanceof required.LockContendedError, error instanceof imported.LockContendedError)
  }
  await redlock.close()
}

void main()

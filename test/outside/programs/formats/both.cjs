// A CommonJS module beside a dependency that imports: an error of the one is an instance in the other.
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

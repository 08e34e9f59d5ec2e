// README: connect() and close().
import { connect } from '@quorumlock/clients'

export async function open(urls) {
  const redlock = await connect(urls)
  return { redlock, close: () => redlock.close() }
}

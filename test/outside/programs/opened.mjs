// A client of the kind that the story names, on the nodes that it runs.
export const urls = process.env.REDIS_URLS.split(' ')

export async function opened(kind = 'connect') {
  const { open } = await import(`./open/${kind}.mjs`)
  return open(urls)
}

// A client of the given kind, on the nodes of the story.
export const urls = process.env.REDIS_URLS.split(' ')

export async function opened(kind = 'connect') {
  const { open } = await import(`./open/${kind}.mjs`)
  return open(urls)
}

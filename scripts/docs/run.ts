// Runs the snippets in its folder, one after another, on five real Redis servers, which stand in for hosts such as eu-1 and
// 127.0.0.1:7001 in their URLs. Prints a line of JSON for each snippet that fails.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { startFleet } from '@quorumlock/testing'

const limitMs = 30_000
const folder = new URL('./', import.meta.url)
const fleet = await startFleet({ nodes: 5 })
const print = console.log
console.log = () => {}

/** Within a snippet, the same host is always the same server. */
const hosts = new Map<string, string>()
function onFleet(text: string): string {
  return text.replace(/redis:\/\/([a-z]+-\d(:\d+)?|127\.0\.0\.1:700\d)/g, (url) => {
    if (!hosts.has(url)) hosts.set(url, fleet.urls[hosts.size % fleet.urls.length] as string)
    return hosts.get(url) as string
  })
}

async function run(name: string): Promise<void> {
  hosts.clear()
  for (const node of fleet.nodes) await node.flush()
  const copy = new URL(name.replace('snippet-', 'running-'), folder)
  writeFileSync(copy, onFleet(readFileSync(new URL(name, folder), 'utf8')))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not finish within ${limitMs} ms`)), limitMs)
  })
  try {
    await Promise.race([import(copy.href), late])
  } catch (error) {
    print(JSON.stringify({ name, error: error instanceof Error ? error.stack : String(error) }))
  } finally {
    clearTimeout(timer)
  }
}

process.on('unhandledRejection', (error) => print(JSON.stringify({ name: 'later', error: String(error) })))
try {
  for (const name of readdirSync(folder)
    .filter((file) => file.startsWith('snippet-'))
    .sort()) {
    const isRun = !readFileSync(new URL(name, folder), 'utf8').includes('// not run')
    if (isRun) await run(name)
  }
} finally {
  await fleet.dispose()
}
process.exit(0)

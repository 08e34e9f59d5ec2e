// Prints once more, short and together, which tests failed in the last run of each suite: what a long log ends with
// is what people read, and what a CI service keeps.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { root } from './run.mjs'

const shownLines = 12

const owners = () => [...readdirSync(join(root, 'packages')).map((name) => join('packages', name)), '.']

const reports = () =>
  owners().flatMap((owner) => {
    const folder = join(root, owner, '.jest')
    return existsSync(folder)
      ? readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
      : []
  })

const firstLines = (message) =>
  stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('node_modules'))
    .slice(0, shownLines)
    .map((line) => `    ${line}`)
    .join('\n')

for (const { testResults } of reports()) {
  for (const { name, message, status, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    for (const { fullName, failureMessages } of failed) {
      console.log(`✗ ${relative(root, name)}: ${fullName}\n${firstLines(failureMessages.join('\n'))}`)
    }
    if (status === 'failed' && failed.length === 0)
      console.log(`✗ ${relative(root, name)}\n${firstLines(message)}`)
  }
}

import { beforeEach, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import initSqlJs, { type Database } from 'sql.js'

/** The statements of docs/fencing.md, as they stand there. */
const recipe = [
  ...readFileSync(new URL('../../../../../docs/fencing.md', import.meta.url), 'utf8').matchAll(
    /```sql\n([\s\S]*?)```/g,
  ),
].map(([, statement]) => statement!)

let db: Database

beforeEach(async () => {
  const SQL = await initSqlJs()
  db = new SQL.Database()
  db.run(recipe[0]!)
  db.run("INSERT INTO account (id, balance) VALUES ('a', 100)")
})

/** Returns how many rows it changed. SQLite numbers its parameters with a question mark. */
function write(balance: number, token: bigint): number {
  db.run(recipe[1]!.replaceAll('$', '?'), [balance, 'a', Number(token)])
  return db.getRowsModified()
}

const balance = (): unknown => db.exec("SELECT balance FROM account WHERE id = 'a'")[0]!.values[0]![0]

test('the SQL recipe takes the first write of a holder', () => {
  expect(write(90, 1_795_231_286_903_022n)).toBe(1)
  expect(balance()).toBe(90)
})

test('the SQL recipe turns away a holder that was overtaken', () => {
  expect(write(90, 1_795_231_286_903_023n)).toBe(1)
  expect(write(80, 1_795_231_286_903_022n)).toBe(0)
  expect(balance()).toBe(90)
})

test('the SQL recipe turns away a second write with the same token', () => {
  expect(write(90, 7n)).toBe(1)
  expect(write(80, 7n)).toBe(0)
})

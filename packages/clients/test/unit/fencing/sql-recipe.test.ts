import { beforeEach, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import initSqlJs, { type Database } from 'sql.js'

/** The statements of docs/fencing.md, unchanged. */
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

/** Returns the number of changed rows. SQLite numbers its parameters with a question mark. */
function write(balance: number, token: bigint): number {
  db.run(recipe[1]!.replaceAll('$', '?'), [balance, 'a', Number(token)])
  return db.getRowsModified()
}

const balance = (): unknown => db.exec("SELECT balance FROM account WHERE id = 'a'")[0]!.values[0]![0]

test('the SQL recipe accepts the first write of a holder', () => {
  expect(write(90, 1_795_231_286_903_022n)).toBe(1)
  expect(balance()).toBe(90)
})

test('the SQL recipe rejects a holder with an older token', () => {
  expect(write(90, 1_795_231_286_903_023n)).toBe(1)
  expect(write(80, 1_795_231_286_903_022n)).toBe(0)
  expect(balance()).toBe(90)
})

test('the SQL recipe rejects a second write with the same token', () => {
  expect(write(90, 7n)).toBe(1)
  expect(write(80, 7n)).toBe(0)
})

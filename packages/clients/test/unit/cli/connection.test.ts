import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { connectionFrom, withoutPasswords, type Connection } from '../../../src/cli/connection.js'

const folder = mkdtempSync(join(tmpdir(), 'quorumlock-nodes-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pem = (name: string): string =>
  readFileSync(new URL(`../../support/tls/${name}.pem`, import.meta.url), 'utf8')
const certificate = pem('certificate')
const key = pem('key')
writeFileSync(join(folder, 'ca.pem'), certificate)
writeFileSync(join(folder, 'key.pem'), key)
writeFileSync(join(folder, 'secret'), 'from file\n')

const nodes = ['redis://a']
function reading(content: object, env: Record<string, string> = {}): Connection {
  const config = join(folder, 'locks.json')
  writeFileSync(config, JSON.stringify({ nodes, ...content }))
  return connectionFrom({ config }, env)
}

describe('the configuration file', () => {
  test('paths of certificates in the configuration file are relative to its folder', () => {
    const tls = { ca: 'ca.pem', cert: 'ca.pem', key: 'key.pem', servername: 'locks.example' }
    expect(reading({ tls }).tls).toEqual({
      ca: certificate,
      cert: certificate,
      key,
      servername: 'locks.example',
    })
    expect(reading({ tls: true }).tls).toBe(true)
  })

  test('the configuration file has user and password outside the URLs, and may name a file with the password', () => {
    expect(reading({ username: 'ada', password: 'secret' })).toMatchObject({
      username: 'ada',
      password: 'secret',
    })
    expect(reading({ passwordFile: 'secret' }).password).toBe('from file')
    expect(reading({ passwordFile: 'secret' }, { QUORUMLOCK_PASSWORD: 'from env' }).password).toBe('from env')
  })

  test('the configuration file has a label, a TTL and a wait', () => {
    expect(reading({ label: 'reports', ttl: '5s', wait: 'forever' })).toMatchObject({
      label: 'reports',
      ttl: 5_000,
      wait: Infinity,
    })
  })

  test.each<[object, string]>([
    [{ tls: false }, 'expected "tls" to be true or an object'],
    [{ tls: { ca: 1 } }, 'expected "tls.ca" to be the path of a file'],
    [
      { tls: { rejectUnauthorized: false } },
      'expected only ca, cert, key, servername in "tls", got "rejectUnauthorized"',
    ],
    [{ tls: { ca: 'none.pem' } }, 'ENOENT'],
    [{ tls: { cert: 'ca.pem' } }, 'expected "tls.cert" and "tls.key" together'],
    [{ tls: { cert: 'ca.pem', key: 'secret' } }, '"tls" names files that cannot be used'],
    [{ tls: { ca: 'secret' } }, '"tls" names files that cannot be used'],
    [{ password: 'a', passwordFile: 'secret' }, 'expected "password" or "passwordFile", got both'],
    [{ passwordFile: 'none' }, 'ENOENT'],
    [{ password: 5 }, 'expected "password" to be a string'],
    [{ label: 5 }, 'expected "label" to be a string'],
    [{ wait: 'soon' }, 'Expected "wait" to be a time'],
  ])('a configuration file with %j is rejected', (content, message) => {
    expect(() => reading(content)).toThrow(message)
  })
})

describe('the environment that a command inherits', () => {
  const inherited = (given: string): string | undefined =>
    withoutPasswords({ QUORUMLOCK_NODES: given })['QUORUMLOCK_NODES']

  test.each(['redis://a redis://b:7000,rediss://[::1]:1/2', 'REDIS://10.0.0.1'])(
    'a command inherits %s, which has no credentials',
    (given) => {
      expect(inherited(given)).toBe(given)
    },
  )

  test.each([
    'redis://user:secret@a',
    'redis://:secret@a',
    'redis://a redis://:secret@b',
    'redis://user@a',
    'redis://user:sec ret@a',
    'redis://user:123#secret@a',
    'redis://a?password=secret',
    'redis://user:secret',
    'user:secret',
    '',
  ])('a command does not inherit %s', (given) => {
    expect(inherited(given)).toBeUndefined()
  })

  test('a command inherits everything else, but not QUORUMLOCK_PASSWORD', () => {
    const given = { QUORUMLOCK_PASSWORD: 'secret', QUORUMLOCK_CONFIG: '/etc/locks.json', PATH: '/bin' }
    expect(withoutPasswords(given)).toEqual({ QUORUMLOCK_CONFIG: '/etc/locks.json', PATH: '/bin' })
  })
})

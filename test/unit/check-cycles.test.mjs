import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { root } from '../../scripts/root.mjs'

describe('check-cycles', () => {
  let folder
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'quorumlock-cycles-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Writes the modules and checks their folder. */
  function check(modules) {
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text)
    const { status, stderr } = spawnSync(process.execPath, [
      join(root, 'scripts', 'check-cycles.mjs'),
      folder,
    ])
    return { status, message: String(stderr) }
  }

  test('a cycle of values is reported file by file, in the order of its imports', () => {
    const { status, message } = check({
      'a.ts': `import { b } from './b.js'\nexport const a = b`,
      'b.ts': `import './c.js'\nexport const b = 1`,
      'c.ts': `export { a } from './a.js'`,
    })
    expect(status).toBe(1)
    expect(message).toContain('    a.ts\n    imports b.ts\n    imports c.ts\n    imports a.ts\n')
  })

  test('a cycle of types alone is reported', () => {
    const { status, message } = check({
      'a.ts': `import type { B } from './b.js'\nexport interface A { readonly b: B }`,
      'b.ts': `export type B = import('./a.js').A | undefined`,
    })
    expect(status).toBe(1)
    expect(message).toContain('    a.ts\n    imports b.ts\n    imports a.ts\n')
  })

  test('imports without a cycle, and imports in comments and texts, are not reported', () => {
    const { status, message } = check({
      'a.ts': `import type { B } from './b.js'\nexport type A = B`,
      'b.ts': `// import './a.js'\nexport type B = "import './a.js'"`,
      'c.ts': `import './a.js'\nimport './b.js'`,
    })
    expect({ status, message }).toEqual({ status: 0, message: '' })
  })
})

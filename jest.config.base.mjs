import { fileURLToPath } from 'node:url'

/**
 * Tests run from the TypeScript sources, as ES modules. `@quorumlock/source` is the export condition by which workspace
 * packages find the sources of each other.
 *
 * @param {string} configUrl `import.meta.url` of the package's own jest.config.mjs
 * @returns {import('jest').Config}
 */
export function jestConfig(configUrl) {
  return {
    rootDir: fileURLToPath(new URL('.', configUrl)),
    testMatch: ['<rootDir>/test/**/*.test.ts'],
    testEnvironment: 'node',
    // Ends a test that hangs. No test takes this long even while other programs keep every core busy. A claim about time
    // is proved by the test itself, regardless of how long the machine took.
    testTimeout: 300_000,
    testEnvironmentOptions: {
      customExportConditions: ['@quorumlock/source', 'node', 'node-addons'],
    },
    extensionsToTreatAsEsm: ['.ts'],
    moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
    moduleNameMapper: {
      // Sources import './x.js'; the file on disk is x.ts.
      '^(\\.{1,2}/.*)\\.js$': '$1',
    },
    transform: {
      // The typecheck task reports type errors; here the types are only removed.
      '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }],
    },
    cacheDirectory: fileURLToPath(new URL('./node_modules/.cache/jest', import.meta.url)),
    modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.jest/'],
  }
}

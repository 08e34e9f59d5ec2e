import { fileURLToPath } from 'node:url'

/**
 * Tests run from the TypeScript sources, as ES modules: `@quorumlock/source` is the export condition by which
 * one workspace package finds the sources of another.
 *
 * @param {string} configUrl `import.meta.url` of the package's own jest.config.mjs
 * @returns {import('jest').Config}
 */
export function jestConfig(configUrl) {
  return {
    rootDir: fileURLToPath(new URL('.', configUrl)),
    testMatch: ['<rootDir>/test/**/*.test.ts'],
    testEnvironment: 'node',
    // Longer than any test takes where other programs keep every core busy. It ends a test that hangs; what a test claims
    // about time it has to show by itself, without looking at how long the machine took.
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
      // Type errors are the business of the typecheck task; here a file is only stripped of its types.
      '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }],
    },
    cacheDirectory: fileURLToPath(new URL('./node_modules/.cache/jest', import.meta.url)),
    modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.jest/'],
  }
}

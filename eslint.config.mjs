import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const why = 'Take time and randomness from the ports in clock.ts and random.ts, so that tests control them.'
const restricted = (names) => names.map((name) => ({ name, message: why }))

const clockModules = restricted([
  'timers',
  'timers/promises',
  'node:timers',
  'node:timers/promises',
  'perf_hooks',
  'node:perf_hooks',
])

const coreStandsAlone = [
  {
    group: ['redis', 'ioredis', '@redis/*', '@quorumlock/*'],
    message: 'core must not import a Redis client or another package.',
  },
]

/** Wall clocks, timers and randomness, which only the modules of the ports may use. */
const ports = {
  'no-restricted-globals': [
    'error',
    ...restricted(['setTimeout', 'setInterval', 'setImmediate', 'performance']),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: why },
    { object: 'performance', property: 'now', message: why },
    { object: 'Math', property: 'random', message: why },
    { object: 'AbortSignal', property: 'timeout', message: why },
    { object: 'process', property: 'hrtime', message: why },
    ...['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((property) => ({
      object: 'globalThis',
      property,
      message: why,
    })),
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: why },
    { selector: "CallExpression[callee.name='Date']", message: why },
  ],
  'no-restricted-imports': ['error', { paths: clockModules }],
}

export default defineConfig(
  // The first two belong to no TypeScript project: check-docs compiles the prelude and the runner of the snippets,
  // test/outside the file of a consumer.
  {
    ignores: [
      'scripts/docs/**',
      'test/outside/programs/formats/consumer.ts',
      '**/dist/**',
      '**/.turbo/**',
      '**/.jest/**',
      '**/.docs/**',
      '**/coverage/**',
      'docs/api/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // A function may be async only to turn what it throws into a rejection.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['packages/*/src/**'],
    rules: {
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
    },
  },
  {
    files: ['packages/core/src/**', 'packages/clients/src/**', 'packages/testing/src/simulator/**'],
    rules: { ...ports, 'no-console': 'error' },
  },
  {
    files: ['packages/core/src/**'],
    rules: {
      'no-restricted-imports': ['error', { paths: clockModules, patterns: coreStandsAlone }],
    },
  },
  {
    // What a lease guarantees must be visible in one file.
    files: ['packages/core/src/**'],
    ignores: ['packages/core/src/lease.ts'],
    rules: {
      'no-restricted-syntax': [
        ...ports['no-restricted-syntax'],
        {
          selector: "AssignmentExpression > MemberExpression.left[object.name='lease']",
          message: 'A lease changes only by its methods.',
        },
      ],
    },
  },
  {
    // The ports themselves.
    files: ['packages/core/src/clock.ts', 'packages/core/src/random.ts'],
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': 'off',
      'no-restricted-imports': ['error', { patterns: coreStandsAlone }],
    },
  },
  {
    // Tests use edge cases on purpose. The rules that find bugs in tests stay on, such as those about unawaited promises.
    files: ['**/test/**/*.ts', 'benchmarks/**/*.ts', '**/demo/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        clearTimeout: 'readonly',
        clearInterval: 'readonly',
        console: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        fetch: 'readonly',
      },
    },
  },
)

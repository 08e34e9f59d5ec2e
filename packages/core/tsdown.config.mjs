import { defineConfig } from 'tsdown'

/** @type {import('tsdown').UserConfig} */
const base = {
  entry: {
    index: 'src/index.ts',
    'recipes/index': 'src/recipes/index.ts',
    opentelemetry: 'src/opentelemetry.ts',
  },
  platform: 'node',
  target: 'es2022',
  fixedExtension: false,
  sourcemap: true,
  dts: true,
}

export default defineConfig([
  { ...base, format: 'esm' },
  // p-retry is ESM only: required from CommonJS its default export is not a function. So it travels inside.
  {
    ...base,
    format: 'cjs',
    clean: false,
    deps: { alwaysBundle: ['p-retry'], onlyBundle: ['p-retry', 'is-network-error'] },
  },
])

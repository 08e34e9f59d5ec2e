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
  { ...base, format: 'cjs', clean: false },
])

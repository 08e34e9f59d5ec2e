import { defineConfig } from 'tsdown'

/** @type {import('tsdown').UserConfig} */
const base = {
  platform: 'node',
  target: 'es2022',
  fixedExtension: false,
  sourcemap: true,
}

export default defineConfig([
  // The command shares its chunks with the library.
  { ...base, entry: { index: 'src/index.ts', cli: 'src/cli/main.ts' }, format: 'esm', dts: true },
  { ...base, entry: { index: 'src/index.ts' }, format: 'cjs', dts: true, clean: false },
])

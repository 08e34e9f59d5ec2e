import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    cli: 'src/cli/cli.ts',
    jest: 'src/jest/index.ts',
    'client-main': 'src/workload/client-main.ts',
    'quorumlock-adapter': 'src/workload/adapters/quorumlock.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  fixedExtension: false,
  sourcemap: true,
  dts: true,
  // The fleet reads them beside the bundle.
  copy: [
    { from: '../../docker/compose.yml', to: 'dist' },
    { from: 'src/fleet/clock/shim.c', to: 'dist' },
  ],
})

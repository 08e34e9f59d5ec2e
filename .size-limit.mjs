// How much an import adds to a user's bundle, minified and compressed. `npx size-limit` after a build.
const forNode = (config) => ({ ...config, platform: 'node' })

export default [
  {
    name: 'core: Redlock and memoryNode',
    path: 'packages/core/dist/index.js',
    import: '{ Redlock, memoryNode }',
    modifyEsbuildConfig: forNode,
    limit: '31.5 kB',
  },
  {
    name: 'core: recipes',
    path: 'packages/core/dist/recipes/index.js',
    modifyEsbuildConfig: forNode,
    limit: '18 kB',
  },
  {
    name: 'clients: nodeRedisNode, without node-redis',
    path: 'packages/clients/dist/index.js',
    import: '{ nodeRedisNode }',
    ignore: ['@quorumlock/core', 'redis', 'ioredis'],
    modifyEsbuildConfig: forNode,
    limit: '14 kB',
  },
]

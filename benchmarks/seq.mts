import { connect } from '@quorumlock/clients'
const urls = [7101,7102,7103,7104,7105].map(p => `redis://127.0.0.1:${p}`)
const parallel = Number(process.argv[2] ?? 1), ms = Number(process.argv[3] ?? 3000)
const opts = JSON.parse(process.argv[4] ?? '{}')
const r = await connect(urls, { ttl: 10_000, wait: Infinity, ...opts })
let n = 0
async function run(d) { const end = performance.now() + d; const c0 = process.cpuUsage(); const t0=performance.now(); n = 0; const lat=[]
  await Promise.all(Array.from({length: parallel}, async (_, i) => { while (performance.now() < end) { const a=performance.now(); const l = await r.acquire('bench:' + (n++ % 10000)); await l.release(); lat.push(performance.now()-a) } }))
  const c = process.cpuUsage(c0), el = performance.now()-t0; lat.sort((a,b)=>a-b)
  console.log((lat.length/el*1000).toFixed(0), 'cycles/s median', lat[lat.length>>1].toFixed(3), 'p99', lat[Math.floor(lat.length*.99)].toFixed(3), 'cpu/cycle', ((c.user+c.system)/lat.length).toFixed(1), 'user', (c.user/lat.length).toFixed(1), 'sys', (c.system/lat.length).toFixed(1)) }
await run(1000); for (let i=0;i<3;i++) await run(ms)
await r.close()

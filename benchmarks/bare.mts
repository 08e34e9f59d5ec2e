import { createClient } from 'redis'
const urls = [7101,7102,7103,7104,7105].map(p => `redis://127.0.0.1:${p}`)
const clients = await Promise.all(urls.map(url => createClient({ url, disableOfflineQueue: true, commandOptions: { timeout: 0 } }).connect()))
const cad = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`
const shas = await Promise.all(clients.map(c => c.scriptLoad(cad)))
const parallel = Number(process.argv[2] ?? 1), ms = Number(process.argv[3] ?? 3000)
function maj(calls) { return new Promise(r => { let m = 3; for (const c of calls) c.then(() => { if (--m===0) r(undefined) }) }) }
let n=0
async function run(d) { const end = performance.now() + d; const c0 = process.cpuUsage(); const t0=performance.now(); const lat=[]
  await Promise.all(Array.from({length: parallel}, async () => { while (performance.now() < end) { const a=performance.now(); const key='lock:bench:'+(n++%10000), v='abcdefgh'+n; await maj(clients.map(c => c.sendCommand(['SET', key, v, 'PX', '10000', 'NX']))); await maj(clients.map((c,i) => c.sendCommand(['EVALSHA', shas[i], '1', key, v]))); lat.push(performance.now()-a) } }))
  const c = process.cpuUsage(c0), el = performance.now()-t0; lat.sort((a,b)=>a-b)
  console.log((lat.length/el*1000).toFixed(0), 'cycles/s median', lat[lat.length>>1].toFixed(3), 'p99', lat[Math.floor(lat.length*.99)].toFixed(3), 'cpu/cycle', ((c.user+c.system)/lat.length).toFixed(1), 'user', (c.user/lat.length).toFixed(1), 'sys', (c.system/lat.length).toFixed(1)) }
await run(1000); for (let i=0;i<3;i++) await run(ms)
for (const c of clients) await c.close()

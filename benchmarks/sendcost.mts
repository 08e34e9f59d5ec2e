// cost of sendCommand variants on a real connection, sequential over 5 clients
import { createClient } from 'redis'
const urls = [7101,7102,7103,7104,7105].map(p => `redis://127.0.0.1:${p}`)
const clients = await Promise.all(urls.map(url => createClient({ url, disableOfflineQueue: true, commandOptions: { timeout: 0 } }).connect()))
const PLAIN = { timeout: undefined, typeMapping: undefined }
const value='abcdefghijklmnopqrstuvwx'
const script = `return {redis.call('TIME')[1]}`
const sha = (await Promise.all(clients.map(c => c.scriptLoad(script))))[0]
const long = (i) => ['EVALSHA', sha, '3', 'lock:bench:'+i, '{lock:bench:'+i+'}:queue', 'lock::marker', '[1,0,"0123456789012345678901234567890123456789",73,"'+value+'","10000"]', '["1734567890123 0 10000 abcdefghijklmnopqrstuvwx#1"]']
const short = (i) => ['EVALSHA', sha, '1', 'lock:bench:'+i, value]
const variants = { 'short, no opts': (c,i) => c.sendCommand(short(i)), 'short, PLAIN': (c,i) => c.sendCommand(short(i), PLAIN), 'long, no opts': (c,i) => c.sendCommand(long(i)), 'long, PLAIN': (c,i)=>c.sendCommand(long(i), PLAIN) }
const w = clients.map(c => c.withCommandOptions({}))
variants['long, with'] = (c,i) => w[clients.indexOf(c)].sendCommand(long(i))
for (let round=0;round<3;round++) for (const [name, f] of Object.entries(variants)) {
  const N=4000; const c0=process.cpuUsage(); const t=performance.now()
  for (let i=0;i<N;i++) await new Promise(r=>{ let m=3; for (const c of clients) f(c,i).then(()=>{ if(--m===0) r(0) }) })
  const c=process.cpuUsage(c0); console.log(name.padEnd(16), 'user', (c.user/N).toFixed(1), 'sys', (c.system/N).toFixed(1), 'wall', ((performance.now()-t)/N*1000).toFixed(1))
}
for (const c of clients) await c.close()

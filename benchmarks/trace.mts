import { createClient } from 'redis'
import { nodeRedisNode } from '@quorumlock/clients'
import { Redlock } from '@quorumlock/core'
const urls = [7101,7102,7103,7104,7105].map(p => `redis://127.0.0.1:${p}`)
const clients = await Promise.all(urls.map(url => createClient({ url, disableOfflineQueue: true, commandOptions: { timeout: 0 }, RESP: 3 }).connect()))
let log = []
let t0 = performance.now()
const say = (s) => log.push([performance.now()-t0, s])
const nodes = clients.map((c, i) => { const n = nodeRedisNode(c); return { name: n.name, get connected() { return n.connected }, send(cmd, a) { say('> '+i+' '+cmd.kind+(cmd.leave?' leave':'')+(cmd.requeue?' requeue':'')); n.send(cmd, r => { say('< '+i+' '+cmd.kind+' '+r.vote+' '+(r.reason??'')); a(r) }) }, watch: (o) => n.watch(o), subscribe: (ch, o) => n.subscribe(ch, { live: () => o.live(), message: (m) => { say('wake '+i); o.message(m) } }), close: () => n.close() } })
const r = new Redlock({ nodes, ttl: 10000, wait: Infinity })
const lane = async (name) => { for (let i=0;i<60;i++) { const l = await r.acquire('tr'); say('HELD '+name); await new Promise(f=>setTimeout(f,5)); if (i===40 && name==='a') { log=[]; t0=performance.now() } say('RELEASE '+name); const p = l.release(); p.then(()=>say('released '+name)); await p } }
await Promise.all([lane('a'), lane('b')])
for (const [t,s] of log.slice(0,90)) console.log(t.toFixed(3).padStart(8), s)
await r.close(); for (const c of clients) c.destroy()

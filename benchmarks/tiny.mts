// sequential rounds of a given script against 5 nodes: server usec per call in cold conditions
import { createClient } from 'redis'
import { readFileSync } from 'node:fs'
const urls = [7101,7102,7103,7104,7105].map(p => `redis://127.0.0.1:${p}`)
const clients = await Promise.all(urls.map(url => createClient({ url, disableOfflineQueue: true, commandOptions: { timeout: 0 } }).connect()))
const redlockAcq = `for i,key in ipairs(KEYS) do if redis.call("exists", key) == 1 then return 0 end end for i,key in ipairs(KEYS) do redis.call("set", key, ARGV[1], "PX", ARGV[2]) end return #KEYS`
const redlockRel = `local count = 0 for i,key in ipairs(KEYS) do if redis.call("get", key) == ARGV[1] then redis.pcall("del", key) count = count + 1 end end return count`
const myAcq = `local call = redis.call
local m = call('HMGET', KEYS[3], 'run', 'until', 'longest')
if m[1] == ARGV[3] and not m[2] and tonumber(m[3]) >= tonumber(ARGV[2]) and call('EXISTS', KEYS[2]) == 0 then
  if call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return call('TIME')[1] end
end
return 'no'`
const myRel = `local call = redis.call
if call('EXISTS', KEYS[2]) == 0 and call('GET', KEYS[1]) == ARGV[1] then call('DEL', KEYS[1]) return 1 end return 0`
const fn = readFileSync('/work/main/packages/clients/src/redis/scripts/batch.lua','utf8')
const marker='m'
for (const c of clients) { await c.del(marker); await c.hSet(marker, { run: 'R', longest: '10000', fleet: 'f' }) }
const load = (s) => Promise.all(clients.map(c => c.scriptLoad(s))).then(x => x[0])
const variants = {
  redlock: [[await load(redlockAcq), (k,v)=>['1',k,v,'10000']], [await load(redlockRel), (k,v)=>['1',k,v]]],
  mine: [[await load(myAcq), (k,v)=>['3',k,`{${k}}:q`,marker,v,'10000','R']], [await load(myRel), (k,v)=>['2',k,`{${k}}:q`,v]]],
  batch: [[await load(fn), (k,v)=>['3',k,`{${k}}:q`,marker,`[1,0,"R",81,"${v}","10000"]`, `["173456789012 0 10000 asasasasas#1"]`]], [await load(fn), (k,v)=>['2',k,`{${k}}:q`,`[1,0,false,68,"${v}"]`]]],
}
const round = (args) => new Promise(r=>{ let m=3; for (const c of clients) c.sendCommand(args).then(()=>{ if(--m===0) r(0) }) })
for (let rep=0;rep<3;rep++) for (const [name, [[s1,a1],[s2,a2]]] of Object.entries(variants)) {
  await clients[0].sendCommand(['CONFIG','RESETSTAT'])
  const N=4000; const c0=process.cpuUsage(); const t=performance.now()
  for (let i=0;i<N;i++) { const k='lock:t'+(i%1000), v='value123456789012345678'+i; await round(['EVALSHA', s1, ...a1(k,v)]); await round(['EVALSHA', s2, ...a2(k,v)]) }
  const c=process.cpuUsage(c0); const st = await clients[0].info('commandstats')
  console.log(name.padEnd(8), 'client user', (c.user/N).toFixed(1), 'sys', (c.system/N).toFixed(1), 'wall', ((performance.now()-t)/N*1000).toFixed(1), /evalsha:[^\n]*per_call=([\d.]+)/.exec(st)[1])
}
for (const c of clients) await c.close()

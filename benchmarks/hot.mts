import { createClient } from 'redis'
import { readFileSync } from 'node:fs'
const c = await createClient({ url: 'redis://127.0.0.1:7101', commandOptions: { timeout: 0 } }).connect()
const file = process.argv[2] ?? '/work/main/packages/clients/src/redis/scripts/batch.lua'
const src = readFileSync(file,'utf8'); const sha = await c.scriptLoad(src)
await c.del('m'); await c.hSet('m', { run: 'R', longest: '10000', fleet: 'f' })
const W = (n) => `["${Date.now()} 0 3000 quorumlock:wake:abcdefghijklmnop#${n}"]`
const call = (...a) => c.sendCommand(['EVALSHA', sha, ...a.map(String)])
const acq = (k, v, n) => call(3, k, `{${k}}:q`, 'm', `[1,0,"R",81,"${v}","10000"]`, W(n))
const acqF = (k, v, n, t) => call(4, k, `{${k}}:f`, `{${k}}:q`, 'm', `[1,1,"R",113,"${v}","10000","${t}","3600000"]`, W(n))
const rel = (k, v) => call(2, k, `{${k}}:q`, `[1,0,false,68,"${v}"]`)
async function measure(name, N, f) { await f(0); let us=0; await c.sendCommand(['CONFIG','RESETSTAT']); const P=readFileSync('/tmp/perf/7101.pid','utf8').trim(); const cpu=()=>{const s=readFileSync(`/proc/${P}/stat`,'utf8').split(' '); return [Number(s[13]),Number(s[14])]}; const a=cpu(); for (let i=0;i<N;i++) await f(i+1); const b=cpu(); const st=await c.info('commandstats'); console.log(name.padEnd(34), 'us/call', /evalsha:[^\n]*per_call=([\d.]+)/.exec(st)[1], 'calls', /evalsha:calls=(\d+)/.exec(st)[1], 'cpu user/sys per call', ((b[0]-a[0])*1e4/N).toFixed(1), ((b[1]-a[1])*1e4/N).toFixed(1)) }
const N=10000
for (let r=0;r<2;r++) {
await measure('acquire free (release by DEL)', N, async i => { await c.sendCommand(['DEL','k']); await acq('k','v'+i,i) })
await measure('acquire fenced free', N, async i => { await c.sendCommand(['DEL','k']); await acqF('k','v'+i,i, 1000000*r+i+100) })
await measure('release', N, async i => { await c.sendCommand(['SET','k','v'+i]); await rel('k','v'+i) })
await c.sendCommand(['DEL','k','{k}:q']); await c.sendCommand(['SET','k','other','PX','100000'])
await measure('acquire held, enqueue (same waiter)', N, async i => { await acq('k','v'+i,1) })
await c.sendCommand(['DEL','{k}:q']); await acq('k','zz',1)
await measure('release with one waiter', N, async i => { await c.sendCommand(['SET','k','v'+i]); await rel('k','v'+i); if (i%1000===0) await (await c.sendCommand(['SET','k','x']), acq('k','zz',1)) })
await measure('acquire by first waiter', N, async i => { await c.sendCommand(['DEL','k']); await c.sendCommand(['ZADD','{k}:q','1','+a#1','-9999999999999','-a#1','2','+b#1','-9999999999999','-b#1']); await call(3, 'k', '{k}:q', 'm', `[1,0,"R",81,"v${i}","10000"]`, `["1 0 3000 a#1"]`) })
await c.sendCommand(['DEL','k','{k}:q'])
}
await c.close()

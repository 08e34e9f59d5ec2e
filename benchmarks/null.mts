import { Redlock } from '@quorumlock/core'
const mk = (i) => ({ name: 'n'+i, connected: true, send(c, a) { setImmediate(() => a(c.kind === 'greet' ? {vote:'granted', clock: Date.now(), greeting: {run:'r'+i,durable:false,marker:{fleet:'f',run:'r'+i,longestTtl:10000,highestToken:0,quarantine:null}}} : { vote: 'granted', clock: Date.now() })) } })
const base = async () => { let s=0; for (let i=0;i<200000;i++) { await new Promise(r=>{ let m=0; for(let k=0;k<5;k++) setImmediate(()=>{ if(++m===5) r(0) }) }); } }
const b0=process.cpuUsage(); await base(); const b=process.cpuUsage(b0); console.log('baseline per round', ((b.user+b.system)/200000).toFixed(2))
const r = new Redlock({ nodes: [1,2,3,4,5].map(mk), ttl: 10000, wait: Infinity, guard: process.argv[2] !== 'noguard', ...JSON.parse(process.argv[3] ?? '{}') })
let n=0
for (let k=0;k<4;k++) { const c0=process.cpuUsage(); const N=50000; for (let i=0;i<N;i++) { const l = await r.acquire('bench:'+(n++%10000)); await l.release() } const c=process.cpuUsage(c0); console.log('core per cycle', ((c.user+c.system)/N).toFixed(2)) }
await r.close()
